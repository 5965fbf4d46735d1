import type { Kafka } from '../../topology/runtime/kafka.ts';
import { withCluster } from '../../topology/runtime/kafka-cluster.ts';

/** What kafkajs's broker can beside what the product uses of it. */
interface Committing {
  offsetCommit(request: {
    groupId: string; groupGenerationId: number; memberId: string; topics: { topic: string; partitions: { partition: number; offset: string }[] }[];
  }): Promise<unknown>;
}

/** Moves an empty group. Kafkajs's admin does so as a member, and then waits for five seconds until it has left. */
export async function commitAsNoMember(kafka: Kafka, groupId: string, topic: string, partitions: { partition: number; offset: string }[]): Promise<void> {
  await withCluster(kafka, [topic], async (cluster) => {
    const coordinator = (await cluster.findGroupCoordinator({ groupId })) as unknown as Committing;
    await coordinator.offsetCommit({ groupId, groupGenerationId: -1, memberId: '', topics: [{ topic, partitions }] });
  });
}

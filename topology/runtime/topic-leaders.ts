import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from './errors.ts';
import type { Kafka } from './kafka.ts';
import { LATEST, listOffsets, withCluster } from './kafka-cluster.ts';
import { ProvisionFault } from './provision-fault.ts';

const READY_TIMEOUT_MS = 30_000;
const RETRY_PAUSE_MS = 50;

/**
 * Waits until every partition of the topics answers: producing to one whose leader is not ready yet can stall an idempotent producer for good.
 * kafkajs's own wait ends with an error where a broker does not know yet what was made a moment ago. Throws ProvisionFault.
 */
export async function awaitLeaders(kafka: Kafka, topics: readonly { name: string; partitions: number }[]): Promise<void> {
  await untilReady('topics have no leader yet', () =>
    withCluster(kafka, topics.map(({ name }) => name), async (cluster) => {
      const offsets = await listOffsets(cluster, topics.map(({ name }) => name), LATEST);
      const waiting = topics.filter(({ name, partitions }) => offsets.get(name)?.size !== partitions);
      if (waiting.length > 0) throw new Error(`not every partition of ${waiting.map(({ name }) => name).join(', ')} answers`);
    }),
  );
}

/** Tries until it works, for half a minute. Throws ProvisionFault. */
export async function untilReady(what: string, run: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + READY_TIMEOUT_MS; ; ) {
    try {
      return await run();
    } catch (error) {
      if (Date.now() > deadline) throw new ProvisionFault([`Kafka: ${what}: ${messageOf(error)}.`]);
      await sleep(RETRY_PAUSE_MS);
    }
  }
}

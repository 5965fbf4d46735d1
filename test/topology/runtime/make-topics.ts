import type { ITopicConfig } from 'kafkajs';
import { type Kafka, withAdmin } from '../../../topology/runtime/kafka.ts';
import { awaitLeaders } from '../../../topology/runtime/topic-leaders.ts';

/** Makes topics, none of which is there, and waits until each of their partitions answers. */
export async function makeTopics(kafka: Kafka, topics: (ITopicConfig & { numPartitions: number })[]): Promise<void> {
  await withAdmin(kafka, (admin) => admin.createTopics({ topics, waitForLeaders: false }));
  await awaitLeaders(kafka, topics.map(({ topic, numPartitions }) => ({ name: topic, partitions: numPartitions })));
}

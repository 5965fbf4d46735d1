import { setTimeout as sleep } from 'node:timers/promises';
import type { IHeaders, Kafka } from 'kafkajs';
import { isRetriable } from './kafka.ts';
import { type AbortedTransaction, type DecodedRecords, type FetchedRecord, kafkajsModule } from './kafkajs-patches.ts';

/** The requests beneath kafkajs's consumer, for readers that belong to no group. */
export interface KafkaCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /** From then on the topics' metadata is kept. Fails with type UNKNOWN_TOPIC_OR_PARTITION where one does not exist. */
  addMultipleTargetTopics(topics: string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  /** Empty where the topic is unknown. `leader` is -1 while there is none. */
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
  findBroker(node: { nodeId: string }): Promise<KafkaBroker>;
  /** With `coordinatorType: TRANSACTIONS` the group id is a transactional id. */
  findGroupCoordinator(group: { groupId: string; coordinatorType?: number }): Promise<KafkaBroker>;
  /** Forgets the connection, so that the next use makes a new one. */
  removeBroker(address: { host: string; port: number }): void;
}

export interface KafkaBroker {
  fetch(request: {
    maxWaitTime: number; minBytes: number; maxBytes: number; isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{ responses: { topicName: string; partitions: FetchedPartition[] }[] }>;
  listOffsets(request: {
    isolationLevel: number; topics: { topic: string; partitions: { partition: number; timestamp: string }[] }[];
  }): Promise<{ responses: { topic: string; partitions: { partition: number; offset: string }[] }[] }>;
  offsetFetch(request: {
    groupId: string; topics: { topic: string; partitions: { partition: number }[] }[];
  }): Promise<{ responses: { topic: string; partitions: { partition: number; offset: string }[] }[] }>;
  /** Fences whoever held the id before; fails with CONCURRENT_TRANSACTIONS while a transaction of theirs is being ended. */
  initProducerId(request: { transactionalId: string; transactionTimeout: number }): Promise<unknown>;
}

export type DecodedRecord = FetchedRecord & { headers: IHeaders; timestamp: string };

export interface FetchedPartition {
  partition: number;
  /** Offset before which every transaction has ended. */
  lastStableOffset: string;
  abortedTransactions: AbortedTransaction[];
  messages: DecodedRecord[] & Pick<DecodedRecords, 'nextOffset'>;
}

export const READ_UNCOMMITTED = 0;
export const READ_COMMITTED = 1;
export const LATEST = '-1';
export const EARLIEST = '-2';
export const TRANSACTIONS = 1;
const PATIENCE_MS = 10_000;
const PAUSE_MS = 50;
const CREATE_CLUSTER = 'private:Kafka:createCluster';

/** Opens connections of its own with the client's configuration, runs, and closes them. */
export async function withCluster<T>(kafka: Kafka, topics: readonly string[], run: (cluster: KafkaCluster) => Promise<T>): Promise<T> {
  const cluster = await openCluster(kafka, topics);
  try {
    return await run(cluster);
  } finally {
    await cluster.disconnect();
  }
}

/** The caller disconnects it. Throws when one of the topics does not exist. */
export async function openCluster(kafka: Kafka, topics: readonly string[]): Promise<KafkaCluster> {
  const create = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === CREATE_CLUSTER);
  if (!create) throw new Error('this kafkajs client has no cluster to open');
  const internals = kafka as unknown as Record<symbol, (options: object) => KafkaCluster>;
  const cluster = (internals[create] as (options: object) => KafkaCluster)({ allowAutoTopicCreation: false, metadataMaxAge: 300_000 });
  await cluster.connect();
  try {
    await cluster.addMultipleTargetTopics([...topics]);
  } catch (error) {
    await cluster.disconnect();
    if ((error as { type?: unknown }).type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    throw new Error(topics.length === 1 ? `topic ${topics[0]} does not exist` : `one of the topics ${topics.join(', ')} does not exist`, { cause: error });
  }
  return cluster;
}

/** The committed ones among fetched records, control records left out. */
export const committedRecords = ({ messages, abortedTransactions }: FetchedPartition): DecodedRecord[] =>
  kafkajsModule<(fetched: { messages: DecodedRecord[]; abortedTransactions: AbortedTransaction[] }) => DecodedRecord[]>(
    'src/consumer/filterAbortedMessages.js',
  )({ messages, abortedTransactions }).filter(({ isControlRecord }) => !isControlRecord);

/** Offsets by topic and partition. */
export type Offsets = Map<string, Map<number, bigint>>;

/** Asks again, for 10 s, what the brokers cannot answer yet: leaders and coordinators that move or start. */
export async function patiently<T>(cluster: KafkaCluster, ask: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    try {
      return await ask();
    } catch (error) {
      if (!isRetriable(error) || Date.now() > deadline) throw error;
      await sleep(PAUSE_MS);
      await cluster.refreshMetadata();
    }
  }
}

/**
 * First (EARLIEST) or next (LATEST) offset of every partition, asked of the leaders. With READ_COMMITTED the latest is the one before which
 * every transaction has ended.
 */
export function listOffsets(cluster: KafkaCluster, topics: readonly string[], timestamp: string, isolationLevel = READ_UNCOMMITTED): Promise<Offsets> {
  return patiently(cluster, () => askLeaders(cluster, topics, timestamp, isolationLevel));
}

async function askLeaders(cluster: KafkaCluster, topics: readonly string[], timestamp: string, isolationLevel: number): Promise<Offsets> {
  const offsets: Offsets = new Map(topics.map((topic) => [topic, new Map()]));
  const asked = topics.flatMap((topic) => partitionsOf(cluster, topic).map(({ partitionId, leader }) => ({ topic, partition: partitionId, leader })));
  await Promise.all(
    [...Map.groupBy(asked, ({ leader }) => leader)].map(async ([leader, partitions]) => {
      const broker = await cluster.findBroker({ nodeId: String(leader) });
      const request = byTopic(partitions, ({ partition }) => ({ partition, timestamp }));
      const { responses } = await broker.listOffsets({ isolationLevel, topics: request });
      for (const { topic, partitions: found } of responses) {
        for (const { partition, offset } of found) offsets.get(topic)?.set(partition, BigInt(offset));
      }
    }),
  );
  return offsets;
}

export function partitionsOf(cluster: KafkaCluster, topic: string): { partitionId: number; leader: number }[] {
  const partitions = cluster.findTopicPartitionMetadata(topic);
  if (partitions.length === 0) throw new Error(`topic ${topic} does not exist`);
  return partitions;
}

export function byTopic<I extends { topic: string }, P>(items: readonly I[], of: (item: I) => P): { topic: string; partitions: P[] }[] {
  return [...Map.groupBy(items, ({ topic }) => topic)].map(([topic, mine]) => ({ topic, partitions: mine.map(of) }));
}

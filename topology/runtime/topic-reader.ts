import type { Kafka } from './kafka.ts';
import { byTopic, EARLIEST, LATEST, listOffsets, openCluster, type Offsets, partitionsOf, patiently, READ_COMMITTED, withCluster } from './kafka-cluster.ts';
import { type OnRecord, type OpenRange, RangeReader } from './range-reader.ts';

export type { Offsets } from './kafka-cluster.ts';
export { type OnRecord, ReadStalled, type ReadRecord } from './range-reader.ts';

/** Offsets `from` (with it) up to `to` (without it) of one partition. */
export type Range = Required<OpenRange>;

/**
 * Reads the committed records of the ranges and resolves after the last. Waits where a transaction inside a range has not ended yet; throws
 * ReadStalled when that takes a minute. Records that retention has deleted are passed over. Joins no group and commits nothing.
 */
export async function readRanges(kafka: Kafka, ranges: readonly Range[], onRecord: OnRecord): Promise<void> {
  const wanted = ranges.filter(({ from, to }) => from < to);
  if (wanted.length === 0) return;
  await withCluster(kafka, topicsOf(wanted), (cluster) => new RangeReader(cluster, wanted, onRecord).run());
}

/** Reads all committed records of the topics, from their first up to where they end at the time of the call. */
export async function readTopics(kafka: Kafka, topics: readonly string[], onRecord: OnRecord): Promise<void> {
  await withCluster(kafka, topics, async (cluster) => {
    const [first, ends] = await Promise.all([listOffsets(cluster, topics, EARLIEST), listOffsets(cluster, topics, LATEST)]);
    await new RangeReader(cluster, rangesBetween(first, ends), onRecord).run();
  });
}

/** Where each partition ends: one after the last offset taken, open transactions and markers included. */
export function endOffsets(kafka: Kafka, topics: readonly string[]): Promise<Offsets> {
  return withCluster(kafka, topics, (cluster) => listOffsets(cluster, topics, LATEST));
}

/** Partitions in which a transaction is open that was already open when the call was made, as `<topic>/<partition>`. */
export function openTransactions(kafka: Kafka, topics: readonly string[]): Promise<string[]> {
  return withCluster(kafka, topics, async (cluster) => {
    const ends = await listOffsets(cluster, topics, LATEST);
    const stable = await listOffsets(cluster, topics, LATEST, READ_COMMITTED);
    return [...ends].flatMap(([topic, partitions]) =>
      [...partitions].flatMap(([partition, end]) => ((stable.get(topic)?.get(partition) ?? end) < end ? [`${topic}/${partition}`] : [])),
    );
  });
}

/** The first offset of each partition that is still there. */
export function firstOffsets(kafka: Kafka, topics: readonly string[]): Promise<Offsets> {
  return withCluster(kafka, topics, (cluster) => listOffsets(cluster, topics, EARLIEST));
}

/** Where the group goes on reading. Partitions for which it has committed nothing are left out. */
export function committedOffsets(kafka: Kafka, group: string, topics: readonly string[]): Promise<Offsets> {
  return withCluster(kafka, topics, async (cluster) => {
    const partitions = topics.flatMap((topic) => partitionsOf(cluster, topic).map(({ partitionId }) => ({ topic, partition: partitionId })));
    const asked = byTopic(partitions, ({ partition }) => ({ partition }));
    const { responses } = await patiently(cluster, async () => (await cluster.findGroupCoordinator({ groupId: group })).offsetFetch({ groupId: group, topics: asked }));
    const committed = ({ offset }: { offset: string }): boolean => !offset.startsWith('-');
    return new Map(responses.map(({ topic, partitions: found }) => [
      topic, new Map(found.filter(committed).map(({ partition, offset }) => [partition, BigInt(offset)])),
    ]));
  });
}

export interface TailOptions {
  fromNow: boolean;
  gatherMs?: number;
}

export interface Tail {
  /** Ends the reading; resolves once no more records will be handed over. */
  stop(): Promise<void>;
  /** Resolves after `stop`; rejects with what `onRecord` threw, which also ends the reading. */
  ended: Promise<void>;
}

/**
 * Hands over committed records as they come, after everything now in the topics (`fromNow`) or from the first. Resolves once it is known
 * where the reading starts: what is committed after that is not missed. Goes on by itself after faults of the brokers. Commits nothing.
 *
 * A fetch names every partition, whatever it brings: under load, fewer of them cost both sides less. So after a fetch that found something the
 * next waits for `gatherMs`.
 */
export async function tail(kafka: Kafka, topics: readonly string[], onRecord: OnRecord, { fromNow, gatherMs = TAIL_GATHER_MS }: TailOptions): Promise<Tail> {
  const cluster = await openCluster(kafka, topics);
  const starts = await listOffsets(cluster, topics, fromNow ? LATEST : EARLIEST).catch(async (error: unknown) => {
    await cluster.disconnect();
    throw error;
  });
  const ranges = [...starts].flatMap(([topic, partitions]) => [...partitions].map(([partition, from]) => ({ topic, partition, from })));
  const reader = new RangeReader(cluster, ranges, onRecord, gatherMs);
  const ended = reader.run().finally(() => cluster.disconnect());
  return {
    ended,
    async stop() {
      reader.stop();
      await ended.catch(() => undefined);
    },
  };
}

const TAIL_GATHER_MS = 5;

const topicsOf = (ranges: readonly Range[]): string[] => [...new Set(ranges.map(({ topic }) => topic))];

/** Each partition from the one offset to the other; from its beginning where there is no first. */
export function rangesBetween(first: Offsets | null, ends: Offsets): Range[] {
  return [...ends].flatMap(([topic, partitions]) =>
    [...partitions].map(([partition, to]) => ({ topic, partition, from: first?.get(topic)?.get(partition) ?? 0n, to })),
  );
}

import { EARLIEST, LATEST, listOffsets, withCluster } from '../kafka-cluster.ts';
import type { Kafka } from '../kafka.ts';
import { partitionKey, type PartitionName } from './store.ts';

export interface StartPosition {
  /** What the store has as the partition's next offset: what the first write compares with. */
  stored: bigint;
  /** Where to read from. */
  next: bigint;
  /** Records that Kafka deleted before the sink had read them. */
  missed: bigint;
}

/** Kafka has fewer records than the sink has taken over: a topic was made anew, or a broker lost its log. */
export class LogCutShort extends Error {
  override name = 'LogCutShort';
  readonly code = 'log_cut_short';
}

/**
 * Where each partition is to be read from, given where the sink stands.
 * @throws LogCutShort where Kafka's log ends before that
 */
export async function startPositions(kafka: Kafka, partitions: readonly PartitionName[], stored: readonly bigint[]): Promise<Map<string, StartPosition>> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  if (topics.length === 0) return new Map();
  const [first, ends] = await withCluster(kafka, topics, (cluster) =>
    Promise.all([listOffsets(cluster, topics, EARLIEST), listOffsets(cluster, topics, LATEST)]),
  );
  return new Map(partitions.map((name, at) => {
    const [next, low, high] = [stored[at] ?? 0n, first.get(name.topic)?.get(name.partition) ?? 0n, ends.get(name.topic)?.get(name.partition) ?? 0n];
    if (next > high) throw new LogCutShort(`${partitionKey(name)} ends at ${high}, the sink has read up to ${next}: was the topic made anew?`);
    // A sink that has read nothing yet takes what there is.
    return [partitionKey(name), { stored: next, next: next > low ? next : low, missed: next > 0n && low > next ? low - next : 0n }];
  }));
}

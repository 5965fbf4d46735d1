import type { Topic } from './topics.ts';

/** Copies of each record, in a cluster of that many brokers. */
export const replicasOf = (brokers: number): number => Math.min(3, brokers);

/** Compaction never touches the segment being written: small ones let it begin early. */
const COMPACTED = { 'segment.bytes': String(64 * 1024 * 1024), 'min.cleanable.dirty.ratio': '0.2' };

/** A topic's settings in a cluster of that many brokers, by Kafka's names. */
export function topicConfig({ cleanup, retentionMs }: Topic, brokers: number): Record<string, string> {
  return {
    'cleanup.policy': cleanup,
    'retention.ms': String(retentionMs),
    'min.insync.replicas': brokers >= 3 ? '2' : '1',
    'message.timestamp.type': 'CreateTime',
    ...(cleanup === 'compact' ? COMPACTED : {}),
  };
}

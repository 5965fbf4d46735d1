import { describe, expect, it } from 'vitest';
import type { Kafka } from '../../../topology/runtime/kafka.ts';
import { kafkaChangelog } from '../../../topology/runtime/kafka-changelog.ts';
import { COMMANDS_TOPIC } from '../../../topology/topics.ts';

/** A broker that holds the given offsets of one partition of the commands' topic, and nothing else. */
function brokerWith(low: string, high: string): Kafka {
  const admin = {
    connect: async () => {}, disconnect: async () => {},
    fetchTopicOffsets: async (topic: string) => [{ partition: 0, offset: '0', ...(topic === COMMANDS_TOPIC ? { low, high } : { low: '0', high: '0' }) }],
  };
  return { admin: () => admin } as unknown as Kafka;
}

describe('the changelog may grow', () => {
  it('as soon as a command was written, which the first transaction may have taken', async () => {
    expect(await kafkaChangelog(brokerWith('0', '1')).mayGrow()).toBe(true);
  });

  it('also where the commands are deleted meanwhile', async () => {
    expect(await kafkaChangelog(brokerWith('7', '7')).mayGrow()).toBe(true);
  });

  it('not where nothing was ever asked of the pipeline', async () => {
    expect(await kafkaChangelog(brokerWith('0', '0')).mayGrow()).toBe(false);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll } from 'vitest';
import { createLog } from '../../../topology/runtime/log.ts';
import { connectKafka, type Kafka, withAdmin } from '../../../topology/runtime/kafka.ts';
import { makeTopics } from './make-topics.ts';

/** A client for a test file, and topics of its own that are gone afterwards. */
export function ownTopics(brokers: string[], what: string): { kafka: Kafka; prefix: string; make: (name: string, partitions?: number, config?: Record<string, string>) => Promise<string> } {
  const kafka = connectKafka({ brokers, clientId: `test-${what}`, log: createLog(what, 'fatal') });
  const prefix = `test.${what}.${randomUUID().slice(0, 8)}`;
  afterAll(async () => {
    await withAdmin(kafka, async (admin) => {
      const topics = (await admin.listTopics()).filter((name) => name.startsWith(prefix));
      if (topics.length > 0) await admin.deleteTopics({ topics });
    });
  });
  return {
    kafka,
    prefix,
    async make(name, partitions = 1, config = {}) {
      const topic = `${prefix}.${name}`;
      const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }));
      await makeTopics(kafka, [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }]);
      return topic;
    },
  };
}

import { expect, inject, it } from 'vitest';
import { groupConsumer, idempotentProducer, withAdmin } from '../../../topology/runtime/kafka.ts';
import { ownTopics } from './own-topics.ts';

const { kafka, prefix, make } = ownTopics(inject('stack').kafkaBrokers, 'group-consumer');

const PARTITIONS = 12;
/** What a chunk's events of one type come to. */
const BATCH_BYTES = 300 * 1024;

it('takes large batches of many partitions out of few answers', async () => {
  const topic = await make('large-batches', PARTITIONS);
  const producer = idempotentProducer(kafka);
  await producer.connect();
  await producer.send({ topic, messages: Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: Buffer.alloc(BATCH_BYTES) })) });
  await producer.disconnect();

  const groupId = `${prefix}.large-batches`;
  const consumer = groupConsumer(kafka, { groupId, maxBytes: 32 * 1024 * 1024, maxWaitTimeInMs: 200, minBytes: 0 });
  const seen = new Set<number>();
  const { promise: all, resolve } = Promise.withResolvers<void>();
  let answersWithSome = 0;
  let some = false;
  consumer.on(consumer.events.FETCH_START, () => {
    if (some) answersWithSome += 1;
    some = false;
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    partitionsConsumedConcurrently: PARTITIONS,
    eachBatch: async ({ batch }) => {
      some = true;
      seen.add(batch.partition);
      if (seen.size === PARTITIONS) resolve();
    },
  });
  await all;
  await consumer.stop();
  await consumer.disconnect();
  await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
  expect(answersWithSome).toBeLessThanOrEqual(3);
});

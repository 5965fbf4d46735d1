import { expect, test } from 'vitest';
import { memoryCodec, type Codec } from '../../../../schemas/codec.ts';
import type { AnyOrderEvent } from '../../../../schemas/types.ts';
import { readEntries } from '../../../../topology/runtime/sinks/records.ts';
import { orderStory, placedOrder, stories } from '../../../processors/sinks/order-story.ts';

const codec = memoryCodec();
const [received, invalid] = orderStory(placedOrder('o'), stories.invalid()) as [AnyOrderEvent, AnyOrderEvent];
const topics = new Map([['received', 'OrderReceived'], ['invalid', 'OrderInvalid']] as const);
const row = (event: AnyOrderEvent, { offset }: { offset: string }): string => `${event.type}@${offset}`;
const record = (topic: string, offset: number, value: Buffer | null) => ({ topic, partition: 0, offset: String(offset), timestamp: '0', key: null, value, headers: undefined });
const encoded = (event: AnyOrderEvent): Buffer => codec.encode(event.type, event as never);

test('each event becomes a row, each other record a dead letter that says why', async () => {
  const read = await readEntries('postgres-sink', { codec, topics, row }, [
    record('received', 1, encoded(received)), record('received', 2, Buffer.from('{}')), record('received', 3, null), record('received', 4, encoded(invalid)),
    record('invalid', 5, encoded(invalid)), record('invalid', 6, encoded({ ...invalid, version: 5 })), record('invalid', 7, encoded({ ...invalid, orderId: 'p' })),
  ], 0);
  expect(read.entries.map((entry) => entry.row)).toEqual(['OrderReceived@1', 'OrderInvalid@5']);
  expect(read.deadLetters.map(({ topic, headers }) => [topic, headers['x-orig-offset'], headers['x-error-code']])).toEqual([
    ['dlq.postgres-sink.v1', '2', 'not_wire_format'], ['dlq.postgres-sink.v1', '3', 'no_value'], ['dlq.postgres-sink.v1', '4', 'unexpected_record'],
    ['dlq.postgres-sink.v1', '6', 'forged_event'], ['dlq.postgres-sink.v1', '7', 'forged_event'],
  ]);
});

test('a registry that does not answer makes no dead letters', async () => {
  const away: Codec = { ...codec, decode: () => Promise.reject(Object.assign(new Error('no answer'), { transient: true })) };
  await expect(readEntries('postgres-sink', { codec: away, topics, row }, [record('received', 1, encoded(received))], 0)).rejects.toThrow('no answer');
});

import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type CommandProducer, openCommandProducer, RecordRefused } from '../../../topology/runtime/command-producer.ts';
import { createLog } from '../../../topology/runtime/log.ts';
import { readTopics } from '../../../topology/runtime/topic-reader.ts';
import { ownTopics } from './own-topics.ts';

const { kafka, prefix, make } = ownTopics(inject('stack').kafkaBrokers, 'commands');
let producer: CommandProducer;
beforeAll(async () => {
  producer = await openCommandProducer(kafka, { log: createLog('commands', 'fatal') });
});
afterAll(() => producer.close());

async function valuesByKey(topic: string): Promise<Map<string, string[]>> {
  const read = new Map<string, string[]>();
  await readTopics(kafka, [topic], ({ key, value }) => {
    const name = String(key);
    read.set(name, [...(read.get(name) ?? []), String(value)]);
  });
  return read;
}

it('writes every record once, those of one key in the order they were published', async () => {
  const topic = await make('orders', 6);
  const keys = Array.from({ length: 500 }, (_, at) => `order-${at}`);
  const rounds = ['place', 'authenticate', 'cancel', 'again'];
  await Promise.all(rounds.flatMap((value) => keys.map((key) => producer.publish({ topic, key, value: Buffer.from(value), headers: { ce_id: `${key}/${value}` } }))));
  const read = await valuesByKey(topic);
  expect(read.size).toBe(keys.length);
  for (const values of read.values()) expect(values).toEqual(rounds);
});

it('writes the neighbours of a record that Kafka refuses', async () => {
  const topic = await make('refused', 1, { 'max.message.bytes': '2000' });
  const values = ['before', 'x'.repeat(3_000), 'after'];
  const outcomes = await Promise.allSettled(values.map((value) => producer.publish({ topic, key: 'k', value: Buffer.from(value) })));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(RecordRefused);
  expect(await valuesByKey(topic)).toEqual(new Map([['k', ['before', 'after']]]));
});

it('refuses a topic that does not exist, and makes none', async () => {
  await expect(producer.publish({ topic: `${prefix}.missing`, key: 'k', value: Buffer.from('v') })).rejects.toBeInstanceOf(RecordRefused);
  const topic = await make('after', 1);
  await producer.publish({ topic, key: null, value: null });
  expect(await valuesByKey(topic)).toEqual(new Map([['null', ['null']]]));
});

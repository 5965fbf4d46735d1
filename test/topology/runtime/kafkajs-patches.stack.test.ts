import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inject, expect, it } from 'vitest';
import { idempotentProducer, type Kafka, transactionalProducer, withAdmin } from '../../../topology/runtime/kafka.ts';
import { readTopics } from '../../../topology/runtime/topic-reader.ts';
import { ownTopics } from './own-topics.ts';

const brokers = inject('stack').kafkaBrokers;
const { kafka, prefix, make } = ownTopics(brokers, 'patches');
const PRODUCERS = 6;
const ROUNDS = 12;

/** A small generator of numbers below `limit`, the same ones in every run. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
}

function shuffled<T>(items: T[], below: (limit: number) => number): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(below(rest.length), 1)[0] as T);
}

/** Transactions open side by side in one partition, half of them aborted, ending in another order than they began. Gives the committed values. */
async function writeInterleaved(client: Kafka, topic: string): Promise<string[]> {
  const below = numbers(7);
  const committed = new Set<string>();
  const written: string[] = [];
  const producers = await Promise.all(Array.from({ length: PRODUCERS }, async (_, index) => {
    const producer = transactionalProducer(client, `${topic}.${index}`);
    await producer.connect();
    return producer;
  }));
  for (let round = 0; round < ROUNDS; round += 1) {
    const open = await Promise.all(producers.map(async (producer, index) => ({ transaction: await producer.transaction(), name: `${round}/${index}`, commits: below(2) === 0 })));
    for (const part of ['first', 'second']) {
      for (const { transaction, name, commits } of shuffled(open, below)) {
        const value = `${name} ${part}`;
        // The key looks like an abort marker to those who do not look at what kind of record it is.
        await transaction.send({ topic, messages: [{ key: Buffer.alloc(4), value, partition: 0 }] });
        written.push(value);
        if (commits) committed.add(value);
      }
    }
    for (const { transaction, commits } of shuffled(open, below)) await (commits ? transaction.commit() : transaction.abort());
  }
  await Promise.all(producers.map((producer) => producer.disconnect()));
  const last = idempotentProducer(client);
  await last.connect();
  await last.send({ topic, messages: [{ key: 'end', value: 'end', partition: 0 }] });
  await last.disconnect();
  return written.filter((value) => committed.has(value));
}

async function readAsMember(topic: string, env: Record<string, string>): Promise<string[]> {
  const group = `${prefix}.${env.IAROS_STOCK_KAFKAJS ? 'stock' : 'corrected'}`;
  const script = new URL('./read-committed.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script, brokers.join(','), topic, group], { env: { ...process.env, ...env, NODE_ENV: 'production' } });
  await withAdmin(kafka, (admin) => admin.deleteGroups([group]));
  return JSON.parse(stdout) as string[];
}

it('members of a group and readers see exactly the committed records of interleaved transactions; kafkajs as published leaks', async () => {
  const topic = await make('interleaved');
  const committed = await writeInterleaved(kafka, topic);
  expect(committed.length).toBeGreaterThan(ROUNDS);
  const read: string[] = [];
  await readTopics(kafka, [topic], ({ key, value }) => {
    if (key?.toString() !== 'end') read.push(String(value));
  });
  expect(read).toEqual(committed);
  expect(await readAsMember(topic, {})).toEqual(committed);

  const leaky = await readAsMember(topic, { IAROS_STOCK_KAFKAJS: '1' });
  expect(leaky.length).toBeGreaterThan(committed.length);
  expect(leaky).toEqual(expect.arrayContaining(committed));
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inject, expect, it } from 'vitest';
import { withAdmin } from '../../../topology/runtime/kafka.ts';
import { readTopics } from '../../../topology/runtime/topic-reader.ts';
import { ROUNDS, writeInterleaved } from './interleaved-transactions.ts';
import { ownTopics } from './own-topics.ts';

const brokers = inject('stack').kafkaBrokers;
const { kafka, prefix, make } = ownTopics(brokers, 'patches');

async function readAsMember(topic: string, env: Record<string, string>): Promise<string[]> {
  const group = `${prefix}.${env.IAROS_STOCK_KAFKAJS ? 'stock' : 'corrected'}`;
  const script = new URL('./read-committed.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script, brokers.join(','), topic, group], { env: { ...process.env, ...env, NODE_ENV: 'production' } });
  await withAdmin(kafka, (admin) => admin.deleteGroups([group]));
  return JSON.parse(stdout) as string[];
}

it('members of a group and readers see exactly the committed records of interleaved transactions; kafkajs as published leaks', async () => {
  const topic = await make('interleaved');
  const committed = await writeInterleaved(kafka, topic, 7);
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

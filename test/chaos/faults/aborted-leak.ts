import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { withAdmin } from '../../../topology/runtime/kafka.ts';
import { writeInterleaved } from '../../topology/runtime/interleaved-transactions.ts';
import { makeTopics } from '../../topology/runtime/make-topics.ts';
import type { ChaosRun, Fault } from '../fault.ts';
import { inTurn, type Times } from './in-turn.ts';
import { type Injector, withInjector } from './injector.ts';

const TIMES: Times = { quick: 1, full: 5 };
const READER = new URL('../../topology/runtime/read-committed.ts', import.meta.url).pathname;

/** Transactions of six producers overlap in one partition and half of them abort: readers see exactly the committed ones. */
export const LEAK_FAULTS: readonly Fault[] = [
  {
    name: 'aborted-leak',
    title: 'Overlapping transactions, half of them aborted, 1 KiB a fetch',
    planned: (scale) => TIMES[scale],
    inject: (run) => inTurn(run, TIMES, 'aborted transactions overlap', (index) => withInjector(run, (injector) => compare(run, injector, index))),
  },
];

async function compare(run: ChaosRun, { kafka }: Injector, index: number): Promise<void> {
  const topic = `chaos.leak.${randomUUID()}`;
  await makeTopics(kafka, [{ topic, numPartitions: 1 }]);
  const committed = await writeInterleaved(kafka, topic, run.random.int(1, 1_000) + index);
  const read = await readAsMember(run, topic);
  await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topic] }));
  if (JSON.stringify(read) !== JSON.stringify(committed)) throw new Error(`of ${committed.length} committed records a member of a group saw ${read.length}, or in another order`);
}

async function readAsMember(run: ChaosRun, topic: string): Promise<string[]> {
  const brokers = run.servers.addresses.kafkaBrokers.join(',');
  const { stdout } = await promisify(execFile)(process.execPath, [READER, brokers, topic, `${topic}.reader`], { env: { ...process.env, NODE_ENV: 'production' } });
  return JSON.parse(stdout) as string[];
}

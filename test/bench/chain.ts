import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../system/installation.ts';
import { countsByNode } from '../system/worker-metrics.ts';
import { type BenchEnvironment, inEnvironment, say } from './environment.ts';
import { preloadCommands } from './preload.ts';
import { usageDuring } from './process-usage.ts';
import type { ChainResult } from './results/chain.ts';
import type { UsageByProcess } from './results/cores.ts';
import { spread } from './results/spread.ts';

const ORDERS = Number(process.env.BENCH_ORDERS ?? 40_000);
const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const LOOK_EVERY_MS = 100;

/** The chain alone, from preloaded commands to the last event in Kafka: without sinks and API, which take cores of their own elsewhere. */
export function measure(): Promise<ChainResult> {
  return inEnvironment({ without: ['all', 'postgres-sink', 'clickhouse-sink', 'ingress'] }, async (environment) => {
    const runs: { ordersPerSecond: number; usage: UsageByProcess }[] = [];
    for (let run = 1; run <= RUNS; run += 1) {
      runs.push(await measureRun(environment, run));
      say(`${runs.at(-1)?.ordersPerSecond} orders a second`);
    }
    return { orders: ORDERS, runs: RUNS, ordersPerSecond: spread(runs.map(({ ordersPerSecond }) => ordersPerSecond)), usage: runs.at(-1)?.usage ?? {} };
  });
}

/** Orders are counted as they are received: whatever follows in the chain is in the same transaction. Between a fifth and nine tenths of them. */
async function measureRun({ installation, pids }: BenchEnvironment, seed: number): Promise<{ ordersPerSecond: number; usage: UsageByProcess }> {
  await preloadCommands(installation.config, ORDERS, seed);
  const port = await freePort();
  await installation.run('all', ['topology/cli.ts', 'run', 'all'], { IAROS_WORKER_PORT: String(port) });
  const until = async (share: number): Promise<number> => {
    for (;;) {
      const received = (await countsByNode(port, 'iaros_chunk_records_sum')).receive ?? 0;
      if (received >= ORDERS * share) return received;
      await sleep(LOOK_EVERY_MS);
    }
  };
  const first = await until(0.2);
  const measured = await usageDuring(pids, () => until(0.9));
  await installation.remove('all', 'SIGTERM');
  return { ordersPerSecond: Math.round((measured.result - first) / measured.seconds), usage: measured.usage };
}

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { orderFlow } from '../../topology/order-flow.ts';
import { freePort } from '../system/installation.ts';
import { countsByNode } from '../system/worker-metrics.ts';
import { type BenchEnvironment, inEnvironment, say } from './environment.ts';
import { finalInPostgres, storedInPostgres } from './final-orders.ts';
import { preloadCommands } from './preload.ts';
import { usageDuring } from './process-usage.ts';
import type { Layout, ScaleResult } from './results/scale.ts';

const ORDERS = Number(process.env.BENCH_ORDERS ?? 12_000);
const PARTITIONS = process.env.IAROS_PARTITIONS ?? '12';
/** Share of the orders until which the rate is taken. */
const MOST = 0.9;
const ALL = ['all'];
const LAYOUTS: Record<string, readonly (readonly string[])[]> = {
  'one process': [ALL],
  'two processes': [ALL, ALL],
  'four processes': [ALL, ALL, ALL, ALL],
  'a process a node': orderFlow.nodes.map(({ name }) => [name]),
};

/** Orders a second by the number of pipeline processes, from preloaded commands; all on this machine, so its cores are shared by all of them. */
export function measure(): Promise<ScaleResult> {
  return inEnvironment({ without: ['all', 'clickhouse-sink', 'ingress'], env: { IAROS_PARTITIONS: PARTITIONS } }, async (environment) => {
    const pool = new pg.Pool({ connectionString: environment.stack.addresses.databaseUrl, max: 1 });
    const layouts: Record<string, Layout> = {};
    say('warming the servers up');
    await measureLayout(environment, [ALL], pool, 1);
    let seed = 2;
    for (const [name, processes] of Object.entries(LAYOUTS)) {
      say(`${name}: ${ORDERS} orders`);
      layouts[name] = await measureLayout(environment, processes, pool, seed);
      seed += 1;
      say(JSON.stringify(layouts[name]));
    }
    await pool.end();
    return { orders: ORDERS, partitions: Number(PARTITIONS), layouts };
  });
}

async function measureLayout({ installation, pids }: BenchEnvironment, processes: readonly (readonly string[])[], pool: pg.Pool, seed: number): Promise<Layout> {
  const since = new Date();
  await preloadCommands(installation.config, ORDERS, seed);
  const ports = await Promise.all(processes.map(freePort));
  const names = processes.map((nodes, at) => `${nodes.join('+')}-${at + 1}`);
  const measured = await usageDuring(pids, async () => {
    await Promise.all(processes.map((nodes, at) => installation.run(names[at] as string, ['topology/cli.ts', 'run', ...nodes], { IAROS_WORKER_PORT: String(ports[at]) })));
    return untilFinal(pool, since, ORDERS);
  });
  const rebalances = await Promise.all(ports.map(async (port) => Math.max(0, ...Object.values(await countsByNode(port, 'iaros_rebalances_total')))));
  const cores = (named: (name: string) => boolean): number => Object.entries(measured.usage).reduce((sum, [name, { cores: used }]) => sum + (named(name) ? used : 0), 0);
  const pipelineCores = cores((name) => names.includes(name));
  for (const name of names) await installation.remove(name, 'SIGTERM');
  return {
    processes: processes.length,
    ordersPerSecond: rateOf(measured.result),
    seconds: Math.round(measured.seconds * 10) / 10,
    pipelineCores, kafkaCores: cores((name) => name === 'kafka'), otherCores: cores((name) => name !== 'kafka' && !names.includes(name)),
    rebalances: Math.max(...rebalances),
  };
}

interface Progress {
  /** When the read model held the first order, and when it held nine tenths of them as final; ms. */
  firstAt: number;
  mostAt: number;
  /** Orders final by then. */
  most: number;
}

/**
 * From the first order in the read model to nine tenths of them final: without the start of the processes and without the last stragglers. Where
 * nodes are apart all orders go through one after the other of them, and most are final at the very end: the time before that counts.
 */
const rateOf = ({ firstAt, mostAt, most }: Progress): number => Math.round((1000 * most) / (mostAt - firstAt));

async function untilFinal(pool: pg.Pool, since: Date, orders: number): Promise<Progress> {
  const progress: Partial<Progress> = {};
  for (;;) {
    if (!progress.firstAt && (await storedInPostgres(pool, since)) > 0) progress.firstAt = performance.now();
    const final = await finalInPostgres(pool, since);
    if (!progress.mostAt && final >= orders * MOST) Object.assign(progress, { mostAt: performance.now(), most: final });
    if (final >= orders) return progress as Progress;
    await sleep(100);
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import pg from 'pg';
import { startStack, type Stack } from '../../topology/local/stack.ts';
import { FINAL } from '../../topology/order-states.ts';
import { Installation } from '../system/installation.ts';
import { measureLatency } from './latency.ts';
import { happyBodies } from './order-bodies.ts';
import { preloadCommands } from './preload.ts';
import { round, usageDuring } from './process-usage.ts';

const ORDERS = Number(process.env.BENCH_ORDERS ?? 30_000);
/** Virtual machines compile what they run often: steady speed is measured after these. */
const WARM_UP_ORDERS = Math.round(ORDERS / 5);
const LATENCY_SECONDS = Number(process.env.BENCH_SECONDS ?? 30);
const IDLE_SECONDS = 20;
const FINAL_LIST = [...FINAL].map((status) => `'${status}'`).join(', ');

/**
 * Measures the whole installation on this machine, servers and load included: orders a second from preloaded commands until all are final in
 * Kafka, Postgres and ClickHouse; POST to Fulfilled at two rates; CPU at rest. Prints one JSON object.
 */
async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'iaros-bench-'));
  const stack = await startStack({ dataDir, cacheDir: process.env.IAROS_CACHE_DIR ?? '.local/cache', env: process.env, ports: 'scattered' });
  const installation = await Installation.start({ addresses: stack.addresses, without: ['all'], env: { IAROS_LOG_LEVEL: 'warn', IAROS_MAX_CONCURRENT_ORDERS: '1000000' } });
  try {
    const pids = (): Record<string, number> => ({ ...stack.pids(), ...Object.fromEntries(installation.names.map((name) => [name, installation.pid(name)])) });
    say(`preloading ${ORDERS} place commands`);
    await preloadCommands(installation.config, ORDERS, 1);
    say('measuring throughput');
    await installation.run('all', ['topology/cli.ts', 'run', 'all']);
    const warmUp = await usageDuring(pids, () => untilFinal(stack, WARM_UP_ORDERS));
    const throughput = await usageDuring(pids, () => untilFinal(stack, ORDERS));
    const measured = ORDERS - warmUp.result;
    const bodies = happyBodies();
    await measureLatency(installation.url, bodies, 12, 5);
    say('measuring latency');
    const latencies = [];
    for (const rate of [12, 120]) latencies.push(await usageDuring(pids, () => measureLatency(installation.url, bodies, rate, LATENCY_SECONDS)));
    say('measuring at rest');
    await sleep(5_000);
    const idle = await usageDuring(pids, () => sleep(IDLE_SECONDS * 1000));
    console.log(JSON.stringify({
      machine: { cores: cpus().length, model: cpus()[0]?.model, memoryGb: Math.round(totalmem() / 2 ** 30), node: process.version },
      warmUp: { orders: warmUp.result, seconds: round(warmUp.seconds), ordersPerSecond: Math.round(warmUp.result / warmUp.seconds) },
      throughput: { orders: measured, seconds: round(throughput.seconds), ordersPerSecond: Math.round(measured / throughput.seconds), usage: throughput.usage },
      latency: latencies.map(({ result, usage }) => ({ ...result, usage })),
      idle: { cores: idle.usage },
    }, null, 2));
  } finally {
    await installation.stop();
    await stack.stop();
    rmSync(dataDir, { recursive: true, force: true });
    rmSync(installation.dataDir, { recursive: true, force: true });
  }
}

/** Until so many orders at least are final in both stores; answers how many are. */
async function untilFinal(stack: Stack, orders: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: stack.addresses.databaseUrl, max: 1 });
  const clickhouse = createClient({ url: stack.addresses.clickhouseUrl });
  let [stored, analysed] = [0, 0];
  while (Math.min(stored, analysed) < orders) {
    await sleep(200);
    stored = (await pool.query<{ final: number }>(`SELECT count(*)::int AS final FROM orders WHERE status IN (${FINAL_LIST})`)).rows[0]?.final ?? 0;
    if (stored < orders) continue;
    const answer = await clickhouse.query({ query: `SELECT uniqExact(order_id) AS final FROM order_events WHERE status IN (${FINAL_LIST})`, format: 'JSONEachRow' });
    analysed = Number((await answer.json<{ final: string }>())[0]?.final ?? 0);
  }
  await pool.end();
  await clickhouse.close();
  return Math.min(stored, analysed);
}

const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

/** Measurements of one thing each, by the word after `npm run bench --`. */
const OTHERS: Record<string, () => Promise<{ measure(): Promise<object> }>> = {
  availability: () => import('./availability.ts'),
  scale: () => import('./scale.ts'),
  restore: () => import('./restore.ts'),
};

const [name] = process.argv.slice(2);
const other = name === undefined ? undefined : OTHERS[name];
if (name !== undefined && !other) throw new Error(`there is no measurement ${name}: one of ${Object.keys(OTHERS).join(', ')}`);
if (other) console.log(JSON.stringify(await (await other()).measure(), null, 2));
else await main();

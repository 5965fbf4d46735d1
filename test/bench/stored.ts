import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type BenchEnvironment, inEnvironment, say } from './environment.ts';
import { spread } from './results/spread.ts';
import type { StoredResult, StoredRuns } from './results/stored.ts';
import { measureThroughput, type Throughput } from './throughput.ts';

const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const ORDERS = Number(process.env.BENCH_ORDERS ?? 20_000);
const STORED = Number(process.env.BENCH_STORED_ORDERS ?? 1_000_000);
/** Heads copied in one script call. */
const COPIES_A_CALL = 500;
const LOOK_EVERY_MS = 2_000;

/**
 * Orders a second with next to nothing stored, and again with so many orders in Postgres, ClickHouse and Redis: copies, under other ids, of
 * orders that went through. Kafka's log is not made longer: appending does not look back. Measured when what a server does once after so much
 * was put into it at once is done.
 */
export function measure(): Promise<StoredResult> {
  return inEnvironment({ without: ['all'] }, async (environment) => {
    const { addresses } = environment.stack;
    const empty = await repeated(environment, 0);
    const copies = Math.ceil(STORED / (RUNS * ORDERS));
    say(`storing each of ${RUNS * ORDERS} orders ${copies} more times`);
    const pool = new pg.Pool({ connectionString: addresses.databaseUrl, max: 1 });
    const ids = (await pool.query<{ order_id: string }>('SELECT order_id FROM orders')).rows.map((row) => row.order_id);
    await copyInPostgres(pool, copies);
    await copyInClickHouse(addresses.clickhouseUrl, copies);
    await copyInRedis(addresses.redisUrl, ids, copies);
    await atRest(pool, addresses.clickhouseUrl);
    const { rows } = await pool.query<{ stored: number }>('SELECT count(*)::int AS stored FROM orders');
    const stored = rows[0]?.stored ?? 0;
    await pool.end();
    return { runs: RUNS, orders: ORDERS, stored, empty, full: await repeated(environment, RUNS) };
  });
}

async function repeated(environment: BenchEnvironment, seedsBefore: number): Promise<StoredRuns> {
  const runs: Throughput[] = [];
  for (let run = 1; run <= RUNS; run += 1) runs.push(await measureThroughput(environment, ORDERS, seedsBefore + run));
  return { ordersPerSecond: spread(runs.map(({ ordersPerSecond }) => ordersPerSecond)), usage: runs.at(-1)?.usage ?? {} };
}

/** Ids that no order has, in no order: as bad for indexes as can be. */
const OTHER_ID = (id: string): string => `md5(${id} || '/' || copy)::uuid::text`;

async function copyInPostgres(pool: pg.Pool, copies: number): Promise<void> {
  const tables: Record<string, readonly string[]> = { orders: ['order_id'], order_events: ['order_id', 'event_id'], payments: ['order_id'], holds: ['order_id'], tickets: ['order_id'] };
  for (const [table, keys] of Object.entries(tables)) {
    const { rows } = await pool.query<{ column_name: string }>('SELECT column_name FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position', [table]);
    const columns = rows.map((row) => row.column_name);
    const values = columns.map((column) => (keys.includes(column) ? OTHER_ID(column) : column));
    await pool.query(`INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM ${table}, generate_series(1, ${copies}) AS copy`);
    say(`copied ${table} in Postgres`);
  }
}

async function copyInClickHouse(url: string, copies: number): Promise<void> {
  const clickhouse = createClient({ url, request_timeout: 600_000 });
  // The new id follows from the old one and the number of the copy, so that an order's events stay together.
  await clickhouse.command({
    query: `INSERT INTO order_events SELECT * REPLACE (hex(sipHash128(order_id, copy)) AS order_id, hex(sipHash128(event_id, copy)) AS event_id)
            FROM order_events ARRAY JOIN range(1, ${copies + 1}) AS copy`,
    clickhouse_settings: { max_insert_block_size: '1000000', max_partitions_per_insert_block: '0' },
  });
  await clickhouse.close();
  say('copied the events in ClickHouse');
}

const COPY_HEADS = `
for i = 2, #KEYS do
  local head = redis.call('HMGET', KEYS[1], 'v', 's', 'r', 'e')
  redis.call('HSET', KEYS[i], 'v', head[1], 's', head[2], 'r', head[3], 'e', head[4])
  redis.call('PEXPIRE', KEYS[i], 8 * 86400000)
end`;

async function copyInRedis(url: string, ids: readonly string[], copies: number): Promise<void> {
  const redis = new Redis(url);
  for (const id of ids) {
    for (let done = 0; done < copies; done += COPIES_A_CALL) {
      const keys = Array.from({ length: Math.min(COPIES_A_CALL, copies - done) }, (_, at) => `{ord:${id}/${done + at}}:head`);
      await redis.eval(COPY_HEADS, keys.length + 1, `{ord:${id}}:head`, ...keys);
    }
  }
  redis.disconnect();
  say('copied the heads in Redis');
}

/** Resolves once Postgres has vacuumed and ClickHouse merged what was copied, as both do by and by with what comes by and by. */
async function atRest(pool: pg.Pool, clickhouseUrl: string): Promise<void> {
  await pool.query('VACUUM ANALYZE');
  await pool.query('CHECKPOINT');
  const clickhouse = createClient({ url: clickhouseUrl });
  const merges = async (): Promise<number> => {
    const answer = await clickhouse.query({ query: 'SELECT count() AS merges FROM system.merges', format: 'JSONEachRow' });
    return Number((await answer.json<{ merges: string }>())[0]?.merges);
  };
  while ((await merges()) > 0) await sleep(LOOK_EVERY_MS);
  await clickhouse.close();
  say('all servers are at rest');
}

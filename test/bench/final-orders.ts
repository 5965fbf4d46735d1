import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import pg from 'pg';
import type { Addresses } from '../../topology/local/stack.ts';
import { FINAL } from '../../topology/order-states.ts';

const FINAL_LIST = [...FINAL].map((status) => `'${status}'`).join(', ');
const LOOK_EVERY_MS = 200;

/** How many of the orders placed since then are final in the read model; asks one index, however many orders there are. */
export async function finalInPostgres(pool: pg.Pool, since: Date): Promise<number> {
  const { rows } = await pool.query<{ final: number }>(`SELECT count(*)::int AS final FROM orders WHERE status IN (${FINAL_LIST}) AND placed_at >= $1`, [since]);
  return rows[0]?.final ?? 0;
}

/** How many of the orders placed since then the read model holds, at whatever status. */
export async function storedInPostgres(pool: pg.Pool, since: Date): Promise<number> {
  const { rows } = await pool.query<{ stored: number }>('SELECT count(*)::int AS stored FROM orders WHERE placed_at >= $1', [since]);
  return rows[0]?.stored ?? 0;
}

/** Waits until so many of the orders placed since then are final in both stores, at least; answers how many are. */
export async function untilFinal({ databaseUrl, clickhouseUrl }: Addresses, since: Date, orders: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const clickhouse = createClient({ url: clickhouseUrl });
  let [stored, analysed] = [0, 0];
  while (Math.min(stored, analysed) < orders) {
    await sleep(LOOK_EVERY_MS);
    stored = await finalInPostgres(pool, since);
    if (stored < orders) continue;
    const answer = await clickhouse.query({
      query: `SELECT uniqExact(order_id) AS final FROM order_events WHERE status IN (${FINAL_LIST}) AND placed_at >= {since: DateTime64(3, 'UTC')}`,
      query_params: { since }, format: 'JSONEachRow',
    });
    analysed = Number((await answer.json<{ final: string }>())[0]?.final ?? 0);
  }
  await pool.end();
  await clickhouse.close();
  return Math.min(stored, analysed);
}

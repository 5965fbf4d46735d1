import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import pg from 'pg';
import type { Addresses } from '../../topology/local/stack.ts';
import { FINAL } from '../../topology/order-states.ts';

const FINAL_LIST = [...FINAL].map((status) => `'${status}'`).join(', ');
const LOOK_EVERY_MS = 200;

/** Waits until so many orders at least are final in both stores; answers how many are. */
export async function untilFinal({ databaseUrl, clickhouseUrl }: Addresses, orders: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const clickhouse = createClient({ url: clickhouseUrl });
  let [stored, analysed] = [0, 0];
  while (Math.min(stored, analysed) < orders) {
    await sleep(LOOK_EVERY_MS);
    stored = (await pool.query<{ final: number }>(`SELECT count(*)::int AS final FROM orders WHERE status IN (${FINAL_LIST})`)).rows[0]?.final ?? 0;
    if (stored < orders) continue;
    const answer = await clickhouse.query({ query: `SELECT uniqExact(order_id) AS final FROM order_events WHERE status IN (${FINAL_LIST})`, format: 'JSONEachRow' });
    analysed = Number((await answer.json<{ final: string }>())[0]?.final ?? 0);
  }
  await pool.end();
  await clickhouse.close();
  return Math.min(stored, analysed);
}

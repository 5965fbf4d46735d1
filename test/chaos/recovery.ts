import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import pg from 'pg';
import type { Addresses } from '../../topology/local/stack.ts';
import { FINAL } from '../../topology/order-states.ts';
import type { Placed } from './load.ts';

/** Orders first sent so long after an injection show when the pipeline is steady again, ms. */
const COHORT_MS = 1_000;
const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 150;
const FINAL_LIST = [...FINAL].map((status) => `'${status}'`).join(', ');

/** The stores, asked by whoever waits for orders to end. */
export class Stores {
  readonly #postgres: pg.Pool;
  readonly #clickhouse: ClickHouseClient;

  constructor({ databaseUrl, clickhouseUrl }: Addresses) {
    this.#postgres = new pg.Pool({ connectionString: databaseUrl, max: 2, connectionTimeoutMillis: 2_000, query_timeout: 10_000 });
    this.#postgres.on('error', () => undefined);
    this.#clickhouse = createClient({ url: clickhouseUrl, request_timeout: 10_000 });
  }

  /** Status of every order, by id. */
  async statuses(): Promise<Map<string, string>> {
    const { rows } = await this.#postgres.query<{ order_id: string; status: string }>('SELECT order_id, status FROM orders');
    return new Map(rows.map(({ order_id, status }) => [order_id, status]));
  }

  /** Orders and events there are, and orders that have not ended. */
  async counts(): Promise<{ orders: number; open: number; events: number; analysed: number }> {
    const stored = await this.#postgres.query<{ orders: number; open: number; events: number }>(
      `SELECT count(*)::int AS orders, count(*) FILTER (WHERE status NOT IN (${FINAL_LIST}))::int AS open, (SELECT count(*) FROM order_events)::int AS events FROM orders`,
    );
    const answer = await this.#clickhouse.query({ query: 'SELECT count() AS events FROM order_events', format: 'JSONEachRow' });
    const [row] = await answer.json<{ events: string }>();
    return { ...(stored.rows[0] as { orders: number; open: number; events: number }), analysed: Number(row?.events ?? 0) };
  }

  /** How many of the orders are final in both stores, whichever knows of fewer. */
  async final(orderIds: readonly string[]): Promise<number> {
    const stored = await this.#postgres.query<{ final: number }>(`SELECT count(*)::int AS final FROM orders WHERE order_id = ANY($1) AND status IN (${FINAL_LIST})`, [orderIds]);
    const inPostgres = stored.rows[0]?.final ?? 0;
    if (inPostgres < orderIds.length) return inPostgres;
    const ids = orderIds.map((id) => `'${id}'`).join(', ');
    const answer = await this.#clickhouse.query({
      query: `SELECT uniqExact(order_id) AS final FROM order_events WHERE order_id IN (${ids}) AND status IN (${FINAL_LIST})`, format: 'JSONEachRow',
    });
    const [row] = await answer.json<{ final: string }>();
    return Number(row?.final ?? 0);
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#postgres.end(), this.#clickhouse.close()]);
  }
}

/** Orders whose ends show that the pipeline is steady again after `since`. */
export const cohort = (placed: Iterable<Placed>, since: number): string[] =>
  [...placed].filter(({ sentAt, endsByItself }) => endsByItself && sentAt >= since && sentAt < since + COHORT_MS).map(({ orderId }) => orderId);

/** Ms from `since` until every order of its cohort is final in all stores. Rejects after two minutes, and where nothing was sent. */
export async function recovery(stores: Stores, placed: ReadonlyMap<string, Placed>, since: number, signal: AbortSignal): Promise<number> {
  await sleep(Math.max(0, since + COHORT_MS - Date.now()), undefined, { signal });
  const orderIds = cohort(placed.values(), since);
  if (orderIds.length === 0) throw new Error('no order was sent within a second of the injection');
  for (;;) {
    const final = await stores.final(orderIds).catch(() => 0);
    if (final === orderIds.length) return Date.now() - since;
    if (Date.now() > since + PATIENCE_MS) throw new Error(`${orderIds.length - final} of ${orderIds.length} orders sent after the injection are not final in every store after ${PATIENCE_MS / 1_000} s`);
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

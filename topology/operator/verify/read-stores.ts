import { createClient } from '@clickhouse/client';
import pg from 'pg';
import type { Store, StoredOrder } from './evidence.ts';

interface OrderRow {
  order_id: string;
  version: number;
  status: string;
  total_minor: string | number | null;
  currency: string;
  events: string | number | null;
}

interface Counts {
  events: string | number;
  ids: string | number;
}

interface Sum {
  currency: string;
  minor: string | number | null;
}

/** Understood by both. */
const ORDERS = `SELECT order_id, version, status, total_minor, currency, counted.events AS events
  FROM orders LEFT JOIN (SELECT order_id, count(*) AS events FROM order_events GROUP BY order_id) AS counted USING (order_id)`;
const COUNTS = 'SELECT count(*) AS events, count(DISTINCT event_id) AS ids FROM order_events';
const SUMS = 'SELECT currency, sum(total_minor) AS minor FROM orders GROUP BY currency';

export async function readPostgres(databaseUrl: string): Promise<Store> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const select = async <Row extends pg.QueryResultRow>(query: string): Promise<Row[]> => (await pool.query<Row>(query)).rows;
  try {
    return store(await select<OrderRow>(ORDERS), await select<Counts>(COUNTS), await select<Sum>(SUMS));
  } finally {
    await pool.end();
  }
}

export async function readClickhouse(clickhouseUrl: string): Promise<Store> {
  const client = createClient({ url: clickhouseUrl });
  const select = async <Row>(query: string): Promise<Row[]> => (await client.query({ query, format: 'JSONEachRow' })).json<Row>();
  try {
    return store(await select<OrderRow>(ORDERS), await select<Counts>(COUNTS), await select<Sum>(SUMS));
  } finally {
    await client.close();
  }
}

function store(rows: readonly OrderRow[], [counts]: readonly Counts[], sums: readonly Sum[]): Store {
  const orders = new Map<string, StoredOrder>();
  for (const { order_id: orderId, version, status, total_minor, currency, events } of rows) {
    const totalMinor = total_minor === null ? null : Number(total_minor);
    orders.set(orderId, { orderId, version: Number(version), status, totalMinor, currency, events: Number(events ?? 0) });
  }
  const totals = Object.fromEntries(sums.map(({ currency, minor }) => [currency, Number(minor ?? 0)]));
  return { orders, totals: { events: Number(counts?.events), distinctEventIds: Number(counts?.ids), totals } };
}

import { createClient } from '@clickhouse/client';
import pg from 'pg';
import type { StoredOrder, StoreTotals } from './evidence.ts';

interface Store {
  orders: ReadonlyMap<string, StoredOrder>;
  totals: StoreTotals;
}

interface OrderRow {
  order_id: string;
  version: number;
  status: string;
  total_minor: string | number | null;
  currency: string;
}

const ORDERS = 'SELECT order_id, version, status, total_minor, currency FROM orders';

export async function readPostgres(databaseUrl: string): Promise<Store> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  try {
    const orders = await pool.query<OrderRow>(ORDERS);
    const counts = await pool.query<{ events: string; ids: string }>('SELECT count(*) AS events, count(DISTINCT event_id) AS ids FROM order_events');
    return store(orders.rows, Number(counts.rows[0]?.events), Number(counts.rows[0]?.ids));
  } finally {
    await pool.end();
  }
}

export async function readClickhouse(clickhouseUrl: string): Promise<Store> {
  const client = createClient({ url: clickhouseUrl });
  const select = async <Row>(query: string): Promise<Row[]> => (await client.query({ query, format: 'JSONEachRow' })).json<Row>();
  try {
    const orders = await select<OrderRow>(ORDERS);
    const [counts] = await select<{ events: string; ids: string }>('SELECT count() AS events, uniqExact(event_id) AS ids FROM order_events');
    return store(orders, Number(counts?.events), Number(counts?.ids));
  } finally {
    await client.close();
  }
}

function store(rows: OrderRow[], events: number, distinctEventIds: number): Store {
  const totals: Record<string, number> = {};
  const orders = new Map<string, StoredOrder>();
  for (const { order_id: orderId, version, status, total_minor, currency } of rows) {
    const totalMinor = total_minor === null ? null : Number(total_minor);
    totals[currency] = (totals[currency] ?? 0) + (totalMinor ?? 0);
    orders.set(orderId, { orderId, version: Number(version), status, totalMinor, currency });
  }
  return { orders, totals: { events, distinctEventIds, totals } };
}

import { createClient } from '@clickhouse/client';
import pg from 'pg';
import type { HoldRow, PaymentRow, TicketRow } from '../../../connectors/ports/sink-rows.ts';
import { type Details, holdText, paymentText, ticketText } from './details.ts';
import type { PostgresStore, Store, StoredOrder } from './evidence.ts';

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

const PAYMENTS = `SELECT order_id, method, status, processor, authorization_id AS "authorizationId", capture_id AS "captureId",
  reversal_id AS "reversalId", decline_code AS "declineCode", currency, amount_minor FROM payments`;
const HOLDS = `SELECT order_id, state, (extract(epoch FROM expires_at) * 1000)::float8 AS "expiresAt" FROM holds`;
const TICKETS = `SELECT order_id, ticket_number AS "ticketNumber", check_digit AS "checkDigit", passenger_id AS "passengerId", state FROM tickets`;

interface OfOrder {
  order_id: string;
}
type PaymentRecord = PaymentRow & OfOrder & { currency: string; amount_minor: string | null };

export async function readPostgres(databaseUrl: string): Promise<PostgresStore> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const select = async <Row extends pg.QueryResultRow>(query: string): Promise<Row[]> => (await pool.query<Row>(query)).rows;
  try {
    return {
      ...store(await select<OrderRow>(ORDERS), await select<Counts>(COUNTS), await select<Sum>(SUMS)),
      details: detailsOf(await select<PaymentRecord>(PAYMENTS), await select<HoldRow & OfOrder>(HOLDS), await select<TicketRow & OfOrder>(TICKETS)),
    };
  } finally {
    await pool.end();
  }
}

function detailsOf(payments: readonly PaymentRecord[], holds: readonly (HoldRow & OfOrder)[], tickets: readonly (TicketRow & OfOrder)[]): Map<string, Details> {
  const details = new Map<string, { payment: string | null; hold: string | null; tickets: string[] }>();
  const of = ({ order_id: orderId }: OfOrder) => {
    const known = details.get(orderId) ?? { payment: null, hold: null, tickets: [] };
    details.set(orderId, known);
    return known;
  };
  for (const row of payments) of(row).payment = paymentText(row, row.currency, row.amount_minor === null ? null : Number(row.amount_minor));
  for (const row of holds) of(row).hold = holdText(row);
  for (const row of tickets) of(row).tickets.push(ticketText(row));
  for (const each of details.values()) each.tickets.sort();
  return details;
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

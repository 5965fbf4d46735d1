import type { Order } from '../../schemas/types.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { openPool, type Pool } from './pool.ts';

/** An order as its newest event left it. Personal data in `order` is sealed. Times in ms since the epoch, UTC. */
export interface StoredOrder {
  orderId: string;
  version: number;
  status: string;
  updatedAt: number;
  order: Order;
}

export interface StoredEvent {
  eventId: string;
  version: number;
  type: string;
  /** Status after the event; passed-through ones follow from the state table. */
  status: string;
  occurredAt: number;
}

export interface OrderQuery {
  /** From `nextCursor` of the page before. */
  cursor?: string | undefined;
  /** 1 to 200; 50 unless told. */
  limit?: number | undefined;
  status?: string | undefined;
  channel?: string | undefined;
  customerId?: string | undefined;
  /** Placed at or after, and before; ms since the epoch, UTC. */
  from?: number | undefined;
  to?: number | undefined;
}

export interface OrderPage {
  /** Newest placed first. */
  data: StoredOrder[];
  nextCursor: string | null;
}

export interface ReadModel {
  /** Undefined where no event of the order has arrived yet. */
  order(orderId: string): Promise<StoredOrder | undefined>;
  /** In order of version; empty where the order is not known. */
  history(orderId: string): Promise<StoredEvent[]>;
  /** @throws InvalidCursor */
  list(query?: OrderQuery): Promise<OrderPage>;
  /** Answers, or throws what keeps the server from answering. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Somebody waits at the other end of an HTTP request. */
const ANSWER_WITHIN_MS = 4_000;
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;
const TIME = (parameter: string): string => `timestamptz 'epoch' + ${parameter}::bigint * interval '1 millisecond'`;
const COLUMNS = `order_id AS "orderId", version, status, ${MS('updated_at')} AS "updatedAt", snapshot AS "order", ${MS('placed_at')} AS "placedAt"`;

type OrderRecord = StoredOrder & { placedAt: number };

/** Queries of the read model that the Postgres sink keeps. It runs milliseconds to seconds behind the log. */
export function openReadModel({ databaseUrl, max = 8 }: { databaseUrl: string; max?: number }): ReadModel {
  const pool = openPool(databaseUrl, { name: 'iaros-read-model', max, statementTimeoutMs: ANSWER_WITHIN_MS });
  return {
    order: (orderId) => readOrder(pool, orderId),
    history: (orderId) => readHistory(pool, orderId),
    list: (query = {}) => listOrders(pool, query),
    check: async () => { await pool.query('SELECT 1'); },
    close: () => pool.end(),
  };
}

async function readOrder(pool: Pool, orderId: string): Promise<StoredOrder | undefined> {
  const { rows } = await pool.query<OrderRecord>({
    name: 'read-order', text: `SELECT ${COLUMNS} FROM orders WHERE order_id = $1`, values: [storable(orderId)],
  });
  return rows[0] && withoutSortKey(rows[0]);
}

async function readHistory(pool: Pool, orderId: string): Promise<StoredEvent[]> {
  const { rows } = await pool.query<StoredEvent>({
    name: 'read-history',
    text: `SELECT event_id AS "eventId", version, type, status, ${MS('occurred_at')} AS "occurredAt"
           FROM order_events WHERE order_id = $1 ORDER BY version`,
    values: [storable(orderId)],
  });
  return rows;
}

async function listOrders(pool: Pool, query: OrderQuery): Promise<OrderPage> {
  const limit = Math.min(Math.max(Math.trunc(query.limit ?? DEFAULT_LIMIT), 1), MAX_LIMIT);
  const values: unknown[] = [];
  const conditions: string[] = [];
  const where = (value: unknown, condition: (parameter: string) => string): void => {
    if (value === undefined) return;
    values.push(typeof value === 'string' ? storable(value) : value);
    conditions.push(condition(`$${values.length}`));
  };
  where(query.status, (parameter) => `status = ${parameter}`);
  where(query.channel, (parameter) => `channel = ${parameter}`);
  where(query.customerId, (parameter) => `customer_id = ${parameter}`);
  where(query.from, (parameter) => `placed_at >= ${TIME(parameter)}`);
  where(query.to, (parameter) => `placed_at < ${TIME(parameter)}`);
  if (query.cursor !== undefined) {
    const { placedAt, orderId } = decodeCursor(query.cursor);
    values.push(placedAt, orderId);
    conditions.push(`(placed_at, order_id) < (${TIME(`$${values.length - 1}`)}, $${values.length})`);
  }
  const filter = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const { rows } = await pool.query<OrderRecord>(
    `SELECT ${COLUMNS} FROM orders ${filter} ORDER BY placed_at DESC, order_id DESC LIMIT ${limit + 1}`,
    values,
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { data: page.map(withoutSortKey), nextCursor: rows.length > limit && last ? encodeCursor(last) : null };
}

const withoutSortKey = ({ orderId, version, status, updatedAt, order }: OrderRecord): StoredOrder => ({ orderId, version, status, updatedAt, order });

/** Postgres has no text with NUL in it, so nothing stored equals such a value; unchanged it would be refused as a fault. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD');

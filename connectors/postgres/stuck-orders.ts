import { type Client, inTransaction, openPool } from './pool.ts';

/** An order that has not ended and has not moved for a while, with the place of its newest event in the log. Times in ms, UTC. */
export interface StillOrder {
  orderId: string;
  version: number;
  status: string;
  /** Type of the newest event. */
  type: string;
  topic: string;
  partition: number;
  offset: string;
  updatedAt: number;
  /** When its hold lapses or lapsed; null where it never had one. */
  holdUntil: number | null;
  /** How often its event was handed to its node again, at this version. */
  drives: number;
  drivenAt: number | null;
  parkedAt: number | null;
  /** Why it was parked; '' where it was not. */
  reason: string;
}

export interface StillQuery {
  /** Statuses in which an order has not ended. */
  statuses: readonly string[];
  /** Types of events after which an order waits for its hold to lapse. */
  waitingTypes: readonly string[];
  /** Not moved since, ms. */
  before: number;
  /** Parked ones too. */
  parked: boolean;
}

export interface StuckOrderStore {
  still(query: StillQuery): Promise<StillOrder[]>;
  /** Notes one more drive of the order. */
  driven(order: StillOrder, node: string, at: number): Promise<void>;
  parked(order: StillOrder, node: string, at: number, reason: string): Promise<void>;
}

export interface StuckOrders {
  /** Runs while nobody else does, on any machine; null, and nothing was done, where somebody does. */
  alone<Result>(work: (store: StuckOrderStore) => Promise<Result>): Promise<Result | null>;
  still(query: StillQuery): Promise<StillOrder[]>;
  close(): Promise<void>;
}

/** Any constant that nobody else locks in the same database. */
const LOCK = 4_714_202;
const MOST = 10_000;
const MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;
const TIME = (parameter: string): string => `timestamptz 'epoch' + ${parameter}::float8 * interval '1 millisecond'`;

/** Orders that stand still, from the read model, and what is known of those that did so before. */
export function openStuckOrders(databaseUrl: string): StuckOrders {
  const pool = openPool(databaseUrl, { name: 'iaros-stuck-orders', max: 1 });
  return {
    still: (query) => inTransaction(pool, (client) => stillOrders(client, query)),
    alone: (work) => inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [LOCK]);
      if (!rows[0]?.mine) return null;
      await client.query('DELETE FROM stuck_orders AS stuck USING orders WHERE orders.order_id = stuck.order_id AND orders.version > stuck.version');
      return work(storeOver(client));
    }),
    close: () => pool.end(),
  };
}

const storeOver = (client: Client): StuckOrderStore => ({
  still: (query) => stillOrders(client, query),
  driven: (order, node, at) => note(client, order, node, order.drives + 1, at, null, ''),
  parked: (order, node, at, reason) => note(client, order, node, order.drives, order.drivenAt ?? at, at, reason),
});

async function stillOrders(client: Client, { statuses, waitingTypes, before, parked }: StillQuery): Promise<StillOrder[]> {
  const { rows } = await client.query<StillOrder>(
    `SELECT still.order_id AS "orderId", still.version, still.status, event.type, event.topic, event.partition, event.record_offset AS "offset",
            ${MS('still.updated_at')} AS "updatedAt", ${MS('hold.expires_at')} AS "holdUntil", coalesce(stuck.drives, 0) AS drives,
            ${MS('stuck.driven_at')} AS "drivenAt", ${MS('stuck.parked_at')} AS "parkedAt", coalesce(stuck.reason, '') AS reason
     FROM (
       SELECT order_id, version, status, updated_at FROM orders WHERE status = ANY($1) AND updated_at < ${TIME('$2')}
       UNION ALL
       SELECT order_id, version, status, updated_at FROM orders WHERE status = 'Fulfilled' AND closure_reason IS NOT NULL AND updated_at < ${TIME('$2')}
     ) AS still
     JOIN order_events AS event USING (order_id, version)
     LEFT JOIN holds AS hold USING (order_id)
     LEFT JOIN stuck_orders AS stuck ON stuck.order_id = still.order_id AND stuck.version = still.version
     WHERE ($4 OR stuck.parked_at IS NULL) AND NOT (event.type = ANY($3) AND hold.expires_at IS NOT NULL AND hold.expires_at >= ${TIME('$2')})
     ORDER BY still.updated_at LIMIT ${MOST}`,
    [statuses, before, waitingTypes, parked],
  );
  return rows;
}

async function note(client: Client, order: StillOrder, node: string, drives: number, drivenAt: number, parkedAt: number | null, reason: string): Promise<void> {
  await client.query(
    `INSERT INTO stuck_orders (order_id, version, node, drives, driven_at, parked_at, reason)
     VALUES ($1, $2, $3, $4, ${TIME('$5')}, ${TIME('$6')}, $7)
     ON CONFLICT (order_id) DO UPDATE SET version = EXCLUDED.version, node = EXCLUDED.node, drives = EXCLUDED.drives,
       driven_at = EXCLUDED.driven_at, parked_at = EXCLUDED.parked_at, reason = EXCLUDED.reason`,
    [order.orderId, order.version, node, drives, drivenAt, parkedAt, reason],
  );
}

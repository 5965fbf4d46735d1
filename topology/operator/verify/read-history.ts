import pg from 'pg';
import type { AnyOrderEvent, EventType, Order } from '../../../schemas/types.ts';
import { type CutOff, type History, isCut } from './retention.ts';
import { newestState } from './log-fold.ts';

interface EventRow {
  orderId: string;
  version: number;
  type: EventType;
  status: string;
  eventId: string;
  position: string;
}

interface StateRow extends Pick<EventRow, 'orderId' | 'version' | 'type' | 'status'> {
  snapshot: Order;
}

const CUT = 'unnest($1::text[], $2::int[], $3::bigint[]) AS cut (topic, partition, first)';

/** Reads from Postgres what Kafka no longer has. */
export async function readHistory(databaseUrl: string, cut: CutOff): Promise<History> {
  if (!isCut(cut)) return { events: [], states: [] };
  const parts = [...cut.first].flatMap(([topic, partitions]) => [...partitions].map(([partition, first]) => ({ topic, partition, first })));
  const values = [parts.map(({ topic }) => topic), parts.map(({ partition }) => partition), parts.map(({ first }) => String(first))];
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  try {
    const events = await pool.query<EventRow>(
      `SELECT order_id AS "orderId", version, type, status, event_id AS "eventId", topic || '/' || partition || '@' || record_offset AS position
       FROM order_events JOIN ${CUT} USING (topic, partition) WHERE record_offset < cut.first`, values);
    const states = await pool.query<StateRow>(
      `SELECT order_id AS "orderId", version, event.type, orders.status, snapshot
       FROM orders JOIN order_events AS event USING (order_id, version) JOIN ${CUT} USING (topic, partition) WHERE record_offset < cut.first`, values);
    return {
      events: events.rows,
      states: states.rows.map(({ orderId, snapshot, ...row }) => ({ orderId, ...newestState({ ...row, orderId, order: snapshot } as AnyOrderEvent, row.status) })),
    };
  } finally {
    await pool.end();
  }
}

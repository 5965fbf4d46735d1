import type { EventRow } from '../ports/sink-rows.ts';
import type { Client } from './pool.ts';

const INSERT = {
  name: 'insert-events',
  text: `INSERT INTO order_events
           (order_id, version, event_id, type, status, occurred_at, causation_id, topic, partition, record_offset)
         SELECT order_id, version, event_id, type, status, timestamptz 'epoch' + occurred_ms * interval '1 millisecond',
                causation_id, topic, partition, record_offset
         FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::int[], $10::bigint[])
           AS event (order_id, version, event_id, type, status, occurred_ms, causation_id, topic, partition, record_offset)
         ON CONFLICT DO NOTHING`,
};

/** Events other than the one that is stored at their order's version, by position in the arrays given. */
const CONFLICTS = `
  SELECT position::int FROM unnest($1::text[], $2::int[], $3::text[]) WITH ORDINALITY AS event (order_id, version, event_id, position)
  JOIN order_events AS stored USING (order_id, version) WHERE stored.event_id <> event.event_id`;

/**
 * Adds events to the history; those it has already are passed over. Their ids are genuine (topology/runtime/event-id.ts), so none stands at
 * two versions.
 * @returns positions (from 0) of events that contradict the history, as another stands at the order's version. They were not added.
 */
export async function insertEvents(client: Client, events: readonly EventRow[]): Promise<Set<number>> {
  const orderIds = events.map(({ orderId }) => orderId);
  const versions = events.map(({ version }) => version);
  const eventIds = events.map(({ eventId }) => eventId);
  const { rowCount } = await client.query({
    ...INSERT,
    values: [
      orderIds,
      versions,
      eventIds,
      events.map(({ type }) => type),
      events.map(({ status }) => status),
      events.map(({ occurredAt }) => occurredAt),
      events.map(({ causationId }) => causationId),
      events.map(({ topic }) => topic),
      events.map(({ partition }) => partition),
      events.map(({ offset }) => offset),
    ],
  });
  if (rowCount === events.length) return new Set();
  const { rows } = await client.query<{ position: number }>(CONFLICTS, [orderIds, versions, eventIds]);
  return new Set(rows.map(({ position }) => position - 1));
}

import type { OrderRow, PaymentRow, TicketRow } from '../ports/sink-rows.ts';
import type { Client } from './pool.ts';

const TIME = (column: string): string => `timestamptz 'epoch' + ${column} * interval '1 millisecond'`;

/**
 * One statement folds newest snapshots into four tables. An order's row decides by version whether the snapshot is news; only then do
 * its payment, hold and tickets follow. Its row lock keeps two writers of one order apart.
 */
const UPSERT = {
  name: 'upsert-orders',
  text: `
WITH input AS MATERIALIZED (
  SELECT order_id, version, status, channel, customer_id, currency, total_minor, ${TIME('placed_ms')} AS placed_at,
         ${TIME('updated_ms')} AS updated_at, booking_reference, closure_reason, snapshot,
         method, payment_status, processor, authorization_id, capture_id, reversal_id, decline_code,
         hold_state, ${TIME('expires_ms')} AS expires_at
  FROM ROWS FROM (
    unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[],
           $11::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::bigint[]),
    jsonb_array_elements($12::jsonb)
  ) AS news (order_id, version, status, channel, customer_id, currency, total_minor, placed_ms, updated_ms, booking_reference,
             closure_reason, method, payment_status, processor, authorization_id, capture_id, reversal_id, decline_code,
             hold_state, expires_ms, snapshot)
), won AS (
  INSERT INTO orders (order_id, version, status, channel, customer_id, currency, total_minor, placed_at, updated_at,
                      booking_reference, closure_reason, snapshot)
  SELECT order_id, version, status, channel, customer_id, currency, total_minor, placed_at, updated_at,
         booking_reference, closure_reason, snapshot FROM input
  ON CONFLICT (order_id) DO UPDATE SET
    version = EXCLUDED.version, status = EXCLUDED.status, channel = EXCLUDED.channel, customer_id = EXCLUDED.customer_id,
    currency = EXCLUDED.currency, total_minor = EXCLUDED.total_minor, placed_at = EXCLUDED.placed_at, updated_at = EXCLUDED.updated_at,
    booking_reference = EXCLUDED.booking_reference, closure_reason = EXCLUDED.closure_reason, snapshot = EXCLUDED.snapshot
  WHERE orders.version < EXCLUDED.version
  RETURNING order_id
), paid AS (
  INSERT INTO payments (order_id, version, method, status, processor, authorization_id, capture_id, reversal_id, decline_code,
                        currency, amount_minor, updated_at)
  SELECT order_id, version, method, payment_status, processor, authorization_id, capture_id, reversal_id, decline_code,
         currency, total_minor, updated_at
  FROM input JOIN won USING (order_id) WHERE payment_status IS NOT NULL
  ON CONFLICT (order_id) DO UPDATE SET
    version = EXCLUDED.version, method = EXCLUDED.method, status = EXCLUDED.status, processor = EXCLUDED.processor,
    authorization_id = EXCLUDED.authorization_id, capture_id = EXCLUDED.capture_id, reversal_id = EXCLUDED.reversal_id,
    decline_code = EXCLUDED.decline_code, currency = EXCLUDED.currency, amount_minor = EXCLUDED.amount_minor, updated_at = EXCLUDED.updated_at
  WHERE (payments.method, payments.status, payments.processor, payments.authorization_id, payments.capture_id, payments.reversal_id,
         payments.decline_code, payments.currency, payments.amount_minor)
    IS DISTINCT FROM (EXCLUDED.method, EXCLUDED.status, EXCLUDED.processor, EXCLUDED.authorization_id, EXCLUDED.capture_id,
         EXCLUDED.reversal_id, EXCLUDED.decline_code, EXCLUDED.currency, EXCLUDED.amount_minor)
), held AS (
  INSERT INTO holds (order_id, version, state, expires_at, updated_at)
  SELECT order_id, version, hold_state, expires_at, updated_at FROM input JOIN won USING (order_id) WHERE hold_state IS NOT NULL
  ON CONFLICT (order_id) DO UPDATE SET
    version = EXCLUDED.version, state = EXCLUDED.state, expires_at = EXCLUDED.expires_at, updated_at = EXCLUDED.updated_at
  WHERE (holds.state, holds.expires_at) IS DISTINCT FROM (EXCLUDED.state, EXCLUDED.expires_at)
)
INSERT INTO tickets (order_id, ticket_number, passenger_id, check_digit, state, version, updated_at)
SELECT order_id, ticket_number, passenger_id, check_digit, state, version, updated_at
FROM unnest($22::text[], $23::text[], $24::text[], $25::int[], $26::text[]) AS ticket (order_id, ticket_number, passenger_id, check_digit, state)
JOIN won USING (order_id) JOIN input USING (order_id)
ON CONFLICT (order_id, ticket_number) DO UPDATE SET
  passenger_id = EXCLUDED.passenger_id, check_digit = EXCLUDED.check_digit, state = EXCLUDED.state, version = EXCLUDED.version,
  updated_at = EXCLUDED.updated_at
WHERE (tickets.passenger_id, tickets.state) IS DISTINCT FROM (EXCLUDED.passenger_id, EXCLUDED.state)`,
};

/** Folds the newest row of each order into orders, payments, holds and tickets; a row not newer than what is stored changes nothing. */
export async function upsertOrders(client: Client, rows: readonly OrderRow[]): Promise<void> {
  const orders = newestOfEach(rows);
  const column = <Value>(pick: (order: OrderRow) => Value): Value[] => orders.map(pick);
  const payment = (name: keyof PaymentRow): (string | null)[] => column((order) => order.payment?.[name] ?? null);
  const tickets = orders.flatMap(({ orderId, tickets: issued }) => issued.map((ticket) => ({ orderId, ticket })));
  const ticket = <Value>(pick: (ticket: TicketRow) => Value): Value[] => tickets.map((entry) => pick(entry.ticket));
  await client.query({
    ...UPSERT,
    values: [
      column(({ orderId }) => orderId),
      column(({ version }) => version),
      column(({ status }) => status),
      column(({ channel }) => channel),
      column(({ customerId }) => customerId),
      column(({ currency }) => currency),
      column(({ totalMinor }) => totalMinor),
      column(({ placedAt }) => placedAt),
      column(({ updatedAt }) => updatedAt),
      column(({ bookingReference }) => bookingReference),
      column(({ closureReason }) => closureReason),
      JSON.stringify(column(({ snapshot }) => snapshot)),
      payment('method'), payment('status'), payment('processor'), payment('authorizationId'), payment('captureId'),
      payment('reversalId'), payment('declineCode'),
      column(({ hold }) => hold?.state ?? null),
      column(({ hold }) => hold?.expiresAt ?? null),
      tickets.map(({ orderId }) => orderId),
      ticket(({ ticketNumber }) => ticketNumber),
      ticket(({ passengerId }) => passengerId),
      ticket(({ checkDigit }) => checkDigit),
      ticket(({ state }) => state),
    ],
  });
}

/** One statement may touch a row once only. Sorted, so that two writers take their locks in the same order. */
function newestOfEach(rows: readonly OrderRow[]): OrderRow[] {
  const newest = new Map<string, OrderRow>();
  for (const row of rows) {
    const known = newest.get(row.orderId);
    if (!known || known.version < row.version) newest.set(row.orderId, row);
  }
  return [...newest.values()].sort((a, b) => (a.orderId < b.orderId ? -1 : 1));
}

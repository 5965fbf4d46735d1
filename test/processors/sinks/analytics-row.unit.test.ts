import { expect, test } from 'vitest';
import { analyticsRow } from '../../../processors/sinks/analytics-row.ts';
import type { AnyOrderEvent, Order } from '../../../schemas/types.ts';
import { orderStory, PLACED_AT, placedOrder, stories } from './order-story.ts';

const POSITION = { topic: 'orders.received.v1', partition: 3, offset: '9007199254740993' };
const CATALOGUE = { flight: (number: string, date: string) => (number === 'IA101' && date === '2026-12-24' ? { origin: 'LHR', destination: 'JFK' } : undefined) as never };
const rowOf = (event: AnyOrderEvent | undefined) => analyticsRow(event as AnyOrderEvent, POSITION, CATALOGUE);
const received = (changes: Partial<Order>) => rowOf(orderStory(placedOrder('o', changes), [['OrderReceived', 10]])[0]);

test('an event of an order that went well', () => {
  const event = orderStory(placedOrder('o'), stories.fulfilled(23_400)).at(-1);
  expect(rowOf(event)).toEqual({
    event_id: event?.eventId, order_id: 'o', version: 9, type: 'OrderFulfilled', status: 'Fulfilled', channel: 'web', customer_id: 'C-1001',
    currency: 'USD', total_minor: 23_400, placed_at: PLACED_AT, occurred_at: PLACED_AT + 1_000, latency_ms: 1_000,
    origin: 'LHR', destination: 'JFK', flight_number: 'IA101', departure_date: '2026-12-24', flights: 1, ancillaries: 1, passengers: 1,
    payment_method: 'card', payment_status: 'captured', payment_processor: 'sandbox', decline_code: '', fraud_score: 0.1, fraud_band: 'pass',
    hold_state: 'sold', tickets: 1, closure_reason: '', topic: 'orders.received.v1', partition: 3, record_offset: '9007199254740993',
  });
});

test('of one that did not', () => {
  const event = orderStory(placedOrder('o'), stories.declined(5_000)).at(-1);
  expect(rowOf(event)).toMatchObject({
    status: 'Cancelled', payment_status: 'declined', decline_code: 'insufficient_funds', hold_state: 'released', closure_reason: 'payment_declined', tickets: 0,
  });
});

test('what is not known yet is null or empty', () => {
  expect(received({})).toMatchObject({ total_minor: null, fraud_score: null, fraud_band: '', hold_state: '', payment_processor: '', payment_status: 'none' });
});

test('a flight the catalogue does not know has no route', () => {
  const items = placedOrder('o').items.map((item) => ({ ...item, flightNumber: 'IA999' }));
  expect(received({ items })).toMatchObject({ origin: '', destination: '', flight_number: 'IA999' });
});

test('an order without a flight has none', () => {
  const items = placedOrder('o').items.filter((item) => item.type === 'ancillary');
  expect(received({ items })).toMatchObject({ flight_number: '', departure_date: null, flights: 0, ancillaries: 1, origin: '' });
});

test.each(['tomorrow', '2026-13-45', '24-12-2026', ''])('departure date %j is none', (departureDate) => {
  const items = placedOrder('o').items.map((item) => ({ ...item, departureDate }));
  expect(received({ items }).departure_date).toBeNull();
});

test('nothing sealed, no token and no hash comes in', () => {
  const event = orderStory(placedOrder('o', { deviceHash: 'd3v1c3' }), stories.fulfilled(1)).at(-1);
  expect(JSON.stringify(rowOf(event))).not.toMatch(/v1\.k1|tok_|d3v1c3/);
});

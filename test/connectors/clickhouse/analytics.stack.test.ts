import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Analytics, analyticsQueries, openAnalytics } from '../../../connectors/clickhouse/analytics.ts';
import { insertEvents } from '../../../connectors/clickhouse/sink.ts';
import type { Channel, Order } from '../../../schemas/types.ts';
import { type Chapter, orderStory, PLACED_AT, placedOrder, stories } from '../../processors/sinks/order-story.ts';
import { type OwnDatabase, ownDatabase, rowsOf } from './own-database.ts';

const HOUR_MS = 3_600_000;
/** The placed orders lie in two minutes of one hour; one more the day before, outside what is asked for. */
const PERIOD = { from: PLACED_AT - HOUR_MS, to: PLACED_AT + HOUR_MS };

const flown = (flightNumber: string, departureDate: string): Pick<Order, 'items'> => ({
  items: placedOrder('x').items.map((item) => ({ ...item, flightNumber, departureDate })),
});

const ORDERS: readonly [id: string, channel: Channel, Partial<Order>, readonly Chapter[]][] = [
  ['w1', 'web', {}, stories.fulfilled(10_000, 1)],
  ['w2', 'web', { placedAt: PLACED_AT + 60_000 }, slower(stories.fulfilled(20_000, 2), 1_000)],
  ['w3', 'web', {}, stories.declined(5_000)],
  ['w4', 'web', {}, stories.declined(5_000, 'expired_card')],
  ['w5', 'web', {}, stories.declined(5_000)],
  ['w6', 'web', { currency: 'EUR', ...flown('IA102', '2026-11-13') }, stories.fulfilled(7_000, 3)],
  ['m1', 'mobile', {}, stories.fraud(9_000)],
  ['m2', 'mobile', {}, stories.soldOut(9_000)],
  ['m3', 'mobile', {}, stories.cancelledAfterTicketing(4_000, 4)],
  ['m4', 'mobile', {}, stories.refunded(3_000)],
  ['m5', 'mobile', {}, stories.invalid()],
  ['m6', 'mobile', flown('IA102', '2026-11-04'), stories.fulfilled(6_000, 5)],
  ['before', 'web', { placedAt: PLACED_AT - 86_400_000 }, stories.fulfilled(999_999, 6)],
];

function slower(chapters: readonly Chapter[], ms: number): Chapter[] {
  return chapters.map(([type, afterMs, change], at) => [type, afterMs + (at === 0 ? ms : 0), change]);
}

let database: OwnDatabase;
let analytics: Analytics;
beforeAll(async () => {
  database = await ownDatabase(inject('stack').clickhouseUrl);
  analytics = openAnalytics({ clickhouseUrl: database.url });
  const events = ORDERS.flatMap(([id, channel, changes, chapters]) => orderStory(placedOrder(id, { channel, ...changes }), chapters));
  await insertEvents(database.client, rowsOf(events), 'all');
});
afterAll(async () => {
  await analytics.close();
  await database.drop();
});

const ANSWERS: Record<string, object[]> = {
  orders_per_minute: [
    { minute: '2026-11-03 09:30:00', channel: 'mobile', orders: 6 },
    { minute: '2026-11-03 09:30:00', channel: 'web', orders: 5 },
    { minute: '2026-11-03 09:31:00', channel: 'web', orders: 1 },
  ],
  revenue_by_channel: [
    { channel: 'mobile', currency: 'USD', captured_orders: 2, captured_minor: 10_000, refunded_orders: 1, refunded_minor: 4_000, net_minor: 6_000 },
    { channel: 'web', currency: 'EUR', captured_orders: 1, captured_minor: 7_000, refunded_orders: 0, refunded_minor: 0, net_minor: 7_000 },
    { channel: 'web', currency: 'USD', captured_orders: 2, captured_minor: 30_000, refunded_orders: 0, refunded_minor: 0, net_minor: 30_000 },
  ],
  conversion_funnel: [
    { channel: 'mobile', received: 6, validated: 5, held: 3, authorised: 3, ticketed: 2, fulfilled: 2, conversion: 0.3333 },
    { channel: 'web', received: 6, validated: 6, held: 6, authorised: 3, ticketed: 3, fulfilled: 3, conversion: 0.5 },
  ],
  latency_by_channel: [
    { channel: 'mobile', orders: 2, p50_ms: 1_000, p95_ms: 1_000, p99_ms: 1_000 },
    { channel: 'web', orders: 3, p50_ms: 1_000, p95_ms: 2_000, p99_ms: 2_000 },
  ],
  top_routes: [
    { origin: 'LHR', destination: 'JFK', currency: 'USD', orders: 2, passengers: 2, sold_minor: 30_000 },
    { origin: 'JFK', destination: 'LHR', currency: 'EUR', orders: 1, passengers: 1, sold_minor: 7_000 },
    { origin: 'JFK', destination: 'LHR', currency: 'USD', orders: 1, passengers: 1, sold_minor: 6_000 },
  ],
  decline_codes: [
    { processor: 'sandbox', method: 'card', decline_code: 'insufficient_funds', declines: 2, share: 0.6667 },
    { processor: 'sandbox', method: 'card', decline_code: 'expired_card', declines: 1, share: 0.3333 },
  ],
  cancellations_by_reason: [
    { reason: 'payment_declined', cancelled: 3, refunded: 0, orders: 3 },
    { reason: 'customer_request', cancelled: 0, refunded: 1, orders: 1 },
    { reason: 'fraud_declined', cancelled: 1, refunded: 0, orders: 1 },
    { reason: 'sold_out', cancelled: 1, refunded: 0, orders: 1 },
    { reason: 'ticketing_failed', cancelled: 0, refunded: 1, orders: 1 },
  ],
  fraud_bands: [
    { band: 'pass', orders: 9, average_score: 0.1333, fulfilled: 4, declined: 0 },
    { band: 'review', orders: 1, average_score: 0.65, fulfilled: 0, declined: 0 },
    { band: 'decline', orders: 1, average_score: 0.95, fulfilled: 0, declined: 1 },
  ],
  lead_time_by_channel: [
    { channel: 'mobile', orders: 1, average_days: 1, shortest_days: 1, longest_days: 1 },
    { channel: 'web', orders: 3, average_days: 37.33, shortest_days: 10, longest_days: 51 },
  ],
  refunds: [
    { reason: 'customer_request', currency: 'USD', requested: 1, ended: 1, refunded_orders: 1, refunded_minor: 4_000, voided_orders: 0, average_seconds: 0.2 },
    { reason: 'ticketing_failed', currency: 'USD', requested: 1, ended: 1, refunded_orders: 0, refunded_minor: 0, voided_orders: 1, average_seconds: 0.2 },
  ],
};

test.each(Object.entries(ANSWERS))('%s', async (name, answer) => {
  expect(await analytics.query(name, PERIOD)).toEqual(answer);
});

test('every query of the file is answered here', () => {
  expect([...analyticsQueries().keys()]).toEqual(Object.keys(ANSWERS));
});

test('a period without orders has no rows', async () => {
  const empty = { from: PLACED_AT + 30 * HOUR_MS, to: PLACED_AT + 31 * HOUR_MS };
  for (const name of analyticsQueries().keys()) expect([name, await analytics.query(name, empty)]).toEqual([name, []]);
});

test('a name that no query has', async () => {
  await expect(analytics.query('drop_table', PERIOD)).rejects.toThrow('no query drop_table');
});

test('check answers while the server does, and throws when it does not', async () => {
  await expect(analytics.check()).resolves.toBeUndefined();
  const nowhere = openAnalytics({ clickhouseUrl: 'http://127.0.0.1:1' });
  await expect(nowhere.check()).rejects.toThrow('ECONNREFUSED');
  await nowhere.close();
});

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { migrateClickHouse } from '../../../connectors/clickhouse/migrate.ts';
import { insertAccepted, insertEvents, repeatsAmong, storedRecords } from '../../../connectors/clickhouse/sink.ts';
import type { AnalyticsRow } from '../../../connectors/ports/sink-rows.ts';
import { orderStory, PLACED_AT, placedOrder, stories } from '../../processors/sinks/order-story.ts';
import { type OwnDatabase, ownDatabase, rowsOf } from './own-database.ts';

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase(inject('stack').clickhouseUrl);
});
afterAll(() => database.drop());

const TOTALS = `SELECT (SELECT count() FROM order_events) AS events, (SELECT count() FROM orders) AS orders,
  (SELECT sum(events) FROM funnel_per_hour) AS funnel, (SELECT sum(orders) FROM orders_per_minute) AS started,
  (SELECT sum(captured_minor) FROM revenue_per_hour) AS captured, (SELECT sum(orders) FROM latency_per_hour) AS fulfilled`;

test('an insert tried again, with others in between, changes no count and no sum', async () => {
  const first = rowsOf([...orderStory(placedOrder('a'), stories.fulfilled(100)), ...orderStory(placedOrder('b'), stories.soldOut(50))]);
  const second = rowsOf(orderStory(placedOrder('c', { channel: 'agent' }), stories.cancelledAfterTicketing(70)), 100);
  for (const [rows, token] of [[first, 't1'], [first, 't1'], [second, 't2'], [first, 't1'], [second, 't2']] as const) {
    await insertEvents(database.client, rows, token);
  }
  expect(await database.rows(TOTALS)).toEqual([{ events: 26, orders: 3, funnel: 26, started: 3, captured: 170, fulfilled: 2 }]);
});

test('the same rows under two tokens are two inserts: the token is what counts', async () => {
  const rows = rowsOf(orderStory(placedOrder('two-tokens'), stories.invalid()), 200);
  await insertEvents(database.client, rows, 'x1');
  await insertEvents(database.client, rows, 'x2');
  expect(await database.rows(`SELECT count() AS events FROM order_events WHERE order_id = 'two-tokens'`)).toEqual([{ events: 4 }]);
});

test('orders shows the newest state, whatever order the events came in', async () => {
  const rows = rowsOf(orderStory(placedOrder('shuffled', { currency: 'JPY' }), stories.refunded(5_000)), 300);
  for (const at of [4, 8, 0, 6, 2, 7, 1, 5, 3]) await insertEvents(database.client, [rows[at] as AnalyticsRow], `shuffled-${at}`);
  expect(await database.rows(`SELECT version, status, currency, total_minor, payment_status, closure_reason FROM orders WHERE order_id = 'shuffled'`)).toEqual([
    { version: 9, status: 'Refunded', currency: 'JPY', total_minor: 5_000, payment_status: 'voided', closure_reason: 'ticketing_failed' },
  ]);
});

test('times, money and dates are stored to the unit', async () => {
  const [row] = rowsOf(orderStory(placedOrder('exact', { total: { amount: 9_007_199_254_740_991, currency: 'USD' } }), [['OrderReceived', 1]]), 400);
  await insertEvents(database.client, [row as AnalyticsRow], 'exact');
  expect(await database.rows(
    `SELECT toUnixTimestamp64Milli(placed_at) AS placed, toUnixTimestamp64Milli(occurred_at) AS at, toString(total_minor) AS total, departure_date, latency_ms
     FROM order_events WHERE order_id = 'exact'`,
  )).toEqual([{ placed: PLACED_AT, at: PLACED_AT + 1, total: '9007199254740991', departure_date: '2026-12-24', latency_ms: 1 }]);
});

describe('a row that the server refuses', () => {
  test('is found among good ones; trying all again changes nothing', async () => {
    const good = rowsOf(Array.from({ length: 20 }, (_, n) => orderStory(placedOrder(`beside-${n}`), stories.invalid())).flat(), 500);
    const bad = { ...(good[0] as AnalyticsRow), order_id: 'bad', version: 'none' as unknown as number };
    const rows = [...good.slice(0, 13), bad, ...good.slice(13)];
    const refused = [await insertAccepted(database.client, rows, 'halved'), await insertAccepted(database.client, rows, 'halved')];
    expect(refused.map((list) => list.map(({ row }) => row.order_id))).toEqual([['bad'], ['bad']]);
    expect(await database.rows(`SELECT count() AS events FROM order_events WHERE order_id LIKE 'beside-%'`)).toEqual([{ events: 40 }]);
  });

  test('is not what a server that is away says', async () => {
    const { client } = database;
    const rows = rowsOf(orderStory(placedOrder('nowhere'), stories.invalid()), 600);
    await client.command({ query: 'RENAME TABLE order_events TO order_events_away' });
    await expect(insertAccepted(client, rows, 'away')).rejects.toThrow('order_events');
    await client.command({ query: 'RENAME TABLE order_events_away TO order_events' });
  });
});

test('repeats are found by event id, stored ones and within the rows', async () => {
  const stored = rowsOf(orderStory(placedOrder('seen'), stories.invalid()), 700);
  const fresh = rowsOf(orderStory(placedOrder('fresh'), stories.invalid()), 710);
  await insertEvents(database.client, stored, 'seen');
  const again = stored.map((row) => ({ ...row, record_offset: '720' }));
  const twin = { ...(fresh[0] as AnalyticsRow), record_offset: '730' };
  const rows = [fresh[0] as AnalyticsRow, again[1] as AnalyticsRow, fresh[1] as AnalyticsRow, twin];
  expect([...(await repeatsAmong(database.client, rows))]).toEqual([again[1], twin]);
});

test('repeats are found among as many rows as go into one insert, whatever their ids look like', async () => {
  const [sample] = rowsOf(orderStory(placedOrder('many'), stories.invalid()), 900) as [AnalyticsRow];
  const many = Array.from({ length: 10_000 }, (_, n) => ({ ...sample, event_id: `${n}'\\ "a" \n) OR 1=1 --`, record_offset: String(1_000 + n) }));
  await insertEvents(database.client, many.slice(0, 3), 'many');
  expect([...(await repeatsAmong(database.client, many))]).toEqual(many.slice(0, 3));
});

test('repeats are found at times beyond those the server knows', async () => {
  const [sample] = rowsOf(orderStory(placedOrder('timeless'), stories.invalid()), 950) as [AnalyticsRow];
  const rows = [-9e15, 9e15].map((occurred_at, n) => ({ ...sample, event_id: `timeless-${n}`, occurred_at }));
  await insertEvents(database.client, rows, 'timeless');
  expect([...(await repeatsAmong(database.client, rows))]).toEqual(rows);
});

test('records are found by where they stood in the log', async () => {
  await insertEvents(database.client, rowsOf(orderStory(placedOrder('placed'), stories.fulfilled(1)), 800), 'placed');
  const range = (from: bigint, next: bigint) => ({ topic: 'orders.test.v1', partition: 0, from, next });
  expect([...(await storedRecords(database.client, [range(799n, 802n), range(808n, 900n)]))].sort()).toEqual(
    [800, 801, 808].map((offset) => `orders.test.v1/0/${offset}`),
  );
  const manyRanges = Array.from({ length: 240 }, (_, partition) => ({ ...range(800n, 900n), partition: partition + 1 }));
  expect((await storedRecords(database.client, manyRanges)).size).toBe(0);
});

test('migrating again does nothing', async () => {
  expect(await migrateClickHouse(database.url)).toEqual([]);
});

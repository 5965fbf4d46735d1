import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ConflictingEvent, writePostgresChunk } from '../../../connectors/postgres/sink.ts';
import { OffsetsMoved, readOffsets } from '../../../connectors/postgres/sink-offsets.ts';
import type { AnyOrderEvent } from '../../../schemas/types.ts';
import { orderStory, PLACED_AT, placedOrder, stories } from '../../processors/sinks/order-story.ts';
import { rangeOf, rowsOf, writeNext } from './chunks.ts';
import { type OwnDatabase, ownDatabase } from './own-database.ts';

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase(inject('stack').databaseUrl);
});
afterAll(() => database.drop());

const rowOf = async (table: string, orderId: string): Promise<unknown> =>
  (await database.pool.query(`SELECT * FROM ${table} WHERE order_id = $1`, [orderId])).rows[0];

describe('an order', () => {
  test('ends as its last event has it, in every table', async () => {
    await writeNext(database.pool, orderStory(placedOrder('good'), stories.fulfilled(23_400, 7)));
    const order = { order_id: 'good', version: 9 };
    expect(await rowOf('orders', 'good')).toMatchObject({
      ...order, status: 'Fulfilled', channel: 'web', customer_id: 'C-1001', currency: 'USD', total_minor: '23400', booking_reference: 'B00007',
      placed_at: new Date(PLACED_AT), updated_at: new Date(PLACED_AT + 1_000), closure_reason: null,
    });
    expect(await rowOf('payments', 'good')).toMatchObject({ version: 9, status: 'captured', amount_minor: '23400', authorization_id: 'A1', capture_id: 'K1' });
    expect(await rowOf('holds', 'good')).toMatchObject({ state: 'sold', expires_at: new Date(PLACED_AT + 900_000) });
    expect(await rowOf('tickets', 'good')).toMatchObject({ ticket_number: '9992400000007', check_digit: 0, passenger_id: 'P1', state: 'issued' });
    expect(await database.value(`SELECT string_agg(type, ' ' ORDER BY version) FROM order_events WHERE order_id = 'good'`)).toBe(
      'OrderReceived OrderValidated OrderScored InventoryHeld PaymentApproved InventoryConfirmed TicketIssued OrderConfirmed OrderFulfilled',
    );
  });

  test('gives its tickets and its seats back when it is cancelled', async () => {
    await writeNext(database.pool, orderStory(placedOrder('gone'), stories.fulfilled(9_900, 8)));
    await writeNext(database.pool, orderStory(placedOrder('gone'), stories.cancelledAfterTicketing(9_900, 8)).slice(9));
    expect(await rowOf('tickets', 'gone')).toMatchObject({ state: 'voided', version: 12 });
    expect(await rowOf('holds', 'gone')).toMatchObject({ state: 'released' });
    expect(await rowOf('payments', 'gone')).toMatchObject({ status: 'refunded', reversal_id: 'R2' });
    expect(await rowOf('orders', 'gone')).toMatchObject({ status: 'Refunded', closure_reason: 'customer_request' });
  });

  test('without payment, hold or tickets has no such rows', async () => {
    await writeNext(database.pool, orderStory(placedOrder('bare'), stories.invalid()));
    expect(await Promise.all(['payments', 'holds', 'tickets'].map((table) => rowOf(table, 'bare')))).toEqual([undefined, undefined, undefined]);
  });

  test('is the same whatever order its events arrive in, one by one', async () => {
    const events = orderStory(placedOrder('shuffled'), stories.refunded(5_000));
    for (const at of [4, 8, 0, 6, 2, 7, 1, 5, 3]) await writeNext(database.pool, [events[at] as AnyOrderEvent]);
    expect(await rowOf('orders', 'shuffled')).toMatchObject({ version: 9, status: 'Refunded' });
    expect(await rowOf('payments', 'shuffled')).toMatchObject({ status: 'voided' });
    expect(await rowOf('holds', 'shuffled')).toMatchObject({ state: 'released' });
    expect(await database.value(`SELECT count(*)::int FROM order_events WHERE order_id = 'shuffled'`)).toBe(9);
  });
});

test('repeats, within a chunk and of an earlier one, change nothing', async () => {
  const events = orderStory(placedOrder('twice'), stories.soldOut(700));
  expect(await writeNext(database.pool, [...events, ...events])).toEqual([]);
  expect(await writeNext(database.pool, events)).toEqual([]);
  expect(await database.value(`SELECT count(*)::int FROM order_events WHERE order_id = 'twice'`)).toBe(5);
});

describe('offsets', () => {
  const offset = async (): Promise<number> => Number((await readOffsets(database.pool, 'test', [rangeOf(0, 0)]))[0]);

  test('move with the rows, over records that gave none as well', async () => {
    const before = await offset();
    await writePostgresChunk(database.pool, [], [rangeOf(before, before + 5)], { sink: 'test', onRefused: async () => {} });
    expect(await offset()).toBe(before + 5);
  });

  test('that stand elsewhere refuse the chunk, rows and all', async () => {
    const before = await offset();
    const rows = rowsOf(orderStory(placedOrder('zombie'), stories.invalid()));
    const write = writePostgresChunk(database.pool, rows, [rangeOf(before + 1, before + 3)], { sink: 'test', onRefused: async () => {} });
    await expect(write).rejects.toThrow(OffsetsMoved);
    expect([await offset(), await rowOf('orders', 'zombie')]).toEqual([before, undefined]);
  });

  test('stay where they are when the dead letters cannot be sent', async () => {
    const before = await offset();
    const rows = rowsOf(orderStory(placedOrder('nul', { customer: { customerId: 'a\0b', contact: '', emailHash: null, locale: '' } }), stories.invalid()));
    const write = writePostgresChunk(database.pool, rows, [rangeOf(before, before + 2)], {
      sink: 'test', onRefused: async () => { throw new Error('no Kafka'); },
    });
    await expect(write).rejects.toThrow('no Kafka');
    expect(await offset()).toBe(before);
  });
});

describe('a row that the database cannot take', () => {
  const untakeable = placedOrder('untakeable', { customer: { customerId: 'C\0', contact: '', emailHash: null, locale: '' } });

  test('is found among good ones, which go in', async () => {
    const good = Array.from({ length: 30 }, (_, n) => orderStory(placedOrder(`beside-${n}`), stories.invalid())).flat();
    const bad = orderStory(untakeable, stories.invalid());
    const refused = await writeNext(database.pool, [...good.slice(0, 17), bad[0] as AnyOrderEvent, ...good.slice(17), bad[1] as AnyOrderEvent]);
    expect(refused.map(({ row, error }) => [row.event.orderId, row.event.version, 'code' in error && error.code])).toEqual([
      ['untakeable', 1, '22021'], ['untakeable', 2, '22021'],
    ]);
    expect(await database.value(`SELECT count(*)::int FROM order_events WHERE order_id LIKE 'beside-%'`)).toBe(60);
  });

  test('is one from before the calendar', async () => {
    const refused = await writeNext(database.pool, orderStory(placedOrder('long-ago', { placedAt: -9e15 }), [['OrderReceived', 0]]));
    expect(refused).toHaveLength(1);
  });

  test('is another event at a version that is taken, and changes nothing', async () => {
    const [first, second] = orderStory(placedOrder('contested'), stories.invalid()) as [AnyOrderEvent, AnyOrderEvent];
    await writeNext(database.pool, [first]);
    const forged = { ...second, version: 1, eventId: 'forged', status: 'Fulfilled' } as AnyOrderEvent;
    const refused = await writeNext(database.pool, [forged, second]);
    expect(refused.map(({ row, error }) => [row.event.eventId, row.event.version, error instanceof ConflictingEvent])).toEqual([['forged', 1, true]]);
    expect(await rowOf('orders', 'contested')).toMatchObject({ version: 2, status: 'Invalid' });
  });
});

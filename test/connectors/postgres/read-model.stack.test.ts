import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { InvalidCursor } from '../../../connectors/postgres/cursor.ts';
import { openReadModel, type OrderQuery, type ReadModel } from '../../../connectors/postgres/read-model.ts';
import type { Channel } from '../../../schemas/types.ts';
import { orderStory, PLACED_AT, placedOrder, stories } from '../../processors/sinks/order-story.ts';
import { writeNext } from './chunks.ts';
import { type OwnDatabase, ownDatabase } from './own-database.ts';

const CHANNELS: readonly Channel[] = ['web', 'mobile', 'agent'];
let database: OwnDatabase;
let readModel: ReadModel;

beforeAll(async () => {
  database = await ownDatabase(inject('stack').databaseUrl);
  readModel = openReadModel({ databaseUrl: database.url });
  // Every two orders share their time: the order id decides between them.
  const events = Array.from({ length: 12 }, (_, n) =>
    orderStory(
      placedOrder(`o-${String(n).padStart(2, '0')}`, {
        channel: CHANNELS[n % 3] as Channel, placedAt: PLACED_AT + Math.floor(n / 2),
        customer: { customerId: `C-${n % 4}`, contact: 'v1.k1.c2VhbGVk', emailHash: null, locale: 'en' },
      }),
      n % 2 ? stories.invalid() : stories.fulfilled(100 + n, n),
    ),
  );
  await writeNext(database.pool, events.flat());
});
afterAll(async () => {
  await readModel.close();
  await database.drop();
});

const idsOf = async (query: OrderQuery): Promise<string[]> => (await readModel.list(query)).data.map(({ orderId }) => orderId);

describe('list', () => {
  test('pages from the newest to the oldest, each order once', async () => {
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await readModel.list({ limit: 5, cursor });
      pages.push(page.data.map(({ orderId }) => orderId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(pages).toEqual([
      ['o-11', 'o-10', 'o-09', 'o-08', 'o-07'],
      ['o-06', 'o-05', 'o-04', 'o-03', 'o-02'],
      ['o-01', 'o-00'],
    ]);
  });

  test('ends without a cursor when the last page is full', async () => {
    const first = await readModel.list({ limit: 6 });
    expect((await readModel.list({ limit: 6, cursor: first.nextCursor as string })).nextCursor).toBeNull();
  });

  test('filters by status, channel, customer and time, together', async () => {
    expect(await idsOf({ status: 'Invalid' })).toEqual(['o-11', 'o-09', 'o-07', 'o-05', 'o-03', 'o-01']);
    expect(await idsOf({ channel: 'mobile' })).toEqual(['o-10', 'o-07', 'o-04', 'o-01']);
    expect(await idsOf({ customerId: 'C-3' })).toEqual(['o-11', 'o-07', 'o-03']);
    expect(await idsOf({ from: PLACED_AT + 1, to: PLACED_AT + 3 })).toEqual(['o-05', 'o-04', 'o-03', 'o-02']);
    expect(await idsOf({ channel: 'mobile', status: 'Fulfilled', from: PLACED_AT + 5 })).toEqual(['o-10']);
  });

  test('finds nothing under values that cannot be stored', async () => {
    expect(await idsOf({ customerId: 'C-\0' })).toEqual([]);
  });

  test.each(['', 'nonsense', 'MTIz', Buffer.from('1.').toString('base64url'), `${Buffer.from('1.x').toString('base64url')}=`])('refuses cursor %j', async (cursor) => {
    await expect(readModel.list({ cursor })).rejects.toThrow(InvalidCursor);
  });
});

test('order answers the newest snapshot, sealed as it was', async () => {
  const stored = await readModel.order('o-04');
  expect(stored).toMatchObject({ orderId: 'o-04', version: 9, status: 'Fulfilled', updatedAt: PLACED_AT + 2 + 1_000 });
  expect(stored?.order).toMatchObject({ total: { amount: 104, currency: 'USD' }, customer: { contact: 'v1.k1.c2VhbGVk' }, bookingReference: 'B00004' });
});

test('history answers the events by version', async () => {
  expect((await readModel.history('o-01')).map(({ version, type, status, occurredAt }) => [version, type, status, occurredAt - PLACED_AT])).toEqual([
    [1, 'OrderReceived', 'Received', 10], [2, 'OrderInvalid', 'Invalid', 30],
  ]);
});

test('an order nobody knows', async () => {
  expect([await readModel.order('none'), await readModel.history('none'), await readModel.order('\0')]).toEqual([undefined, [], undefined]);
});

test('check answers while the server does, and throws when it does not', async () => {
  await expect(readModel.check()).resolves.toBeUndefined();
  const nowhere = openReadModel({ databaseUrl: 'postgres://iaros@127.0.0.1:1/iaros' });
  await expect(nowhere.check()).rejects.toThrow('ECONNREFUSED');
  await nowhere.close();
});

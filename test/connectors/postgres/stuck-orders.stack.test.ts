import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openStuckOrders, type StillQuery, type StuckOrders } from '../../../connectors/postgres/stuck-orders.ts';
import { stillQuery } from '../../../topology/runtime/stuck-order.ts';
import { type Chapter, orderStory, PLACED_AT, placedOrder } from '../../processors/sinks/order-story.ts';
import { writeNext } from './chunks.ts';
import { type OwnDatabase, ownDatabase } from './own-database.ts';

const HOUR = 3_600_000;
const held: Chapter = ['InventoryHeld', 1, () => ({ hold: { state: 'held', expiresAt: PLACED_AT + HOUR } })];
const toHold: Chapter[] = [['OrderReceived', 0], ['OrderValidated', 1], ['OrderScored', 1], held];
const toEnd: Chapter[] = [
  ...toHold, ['PaymentApproved', 1], ['InventoryConfirmed', 1, () => ({ hold: { state: 'sold', expiresAt: PLACED_AT + HOUR } })], ['TicketIssued', 1], ['OrderConfirmed', 1], ['OrderFulfilled', 1],
];
const closing: Chapter = ['CancelRequested', 1, () => ({ closure: { reason: 'customer_request', detail: '' } })];

let database: OwnDatabase;
let orders: StuckOrders;
let other: StuckOrders;

beforeAll(async () => {
  database = await ownDatabase(inject('stack').databaseUrl);
  [orders, other] = [openStuckOrders(database.url), openStuckOrders(database.url)];
  const stories: Record<string, Chapter[]> = {
    held: toHold, waiting: [...toHold, ['PaymentChallenged', 1]], ended: toEnd, reopened: [...toEnd, closing], invalid: [['OrderReceived', 0], ['OrderInvalid', 1]],
  };
  await writeNext(database.pool, Object.entries(stories).flatMap(([name, chapters]) => orderStory(placedOrder(name), chapters)));
});
afterAll(async () => {
  await Promise.all([orders.close(), other.close()]);
  await database.drop();
});

const queryAt = (now: number, parked = false): StillQuery => stillQuery(now, 30_000, parked);
const idsAt = async (now: number): Promise<string[]> => (await orders.still(queryAt(now))).map(({ orderId }) => orderId).sort();

test('finds orders on their way, and an ended one that is being undone; one that waits for its payer only once its hold has lapsed', async () => {
  expect(await idsAt(PLACED_AT)).toEqual([]);
  expect(await idsAt(PLACED_AT + HOUR / 2)).toEqual(['held', 'reopened']);
  expect(await idsAt(PLACED_AT + 2 * HOUR)).toEqual(['held', 'reopened', 'waiting']);
});

test('tells where the newest event is and when the hold lapses', async () => {
  const [first] = await orders.still(queryAt(PLACED_AT + HOUR / 2));
  expect(first).toEqual({
    orderId: 'held', version: 4, status: 'InventoryHold', type: 'InventoryHeld', topic: 'orders.test.v1', partition: 0, offset: '3',
    updatedAt: PLACED_AT + 3, holdUntil: PLACED_AT + HOUR, drives: 0, drivenAt: null, parkedAt: null, reason: '',
  });
});

test('one looks at a time', async () => {
  const met = await orders.alone(async () => other.alone(async () => 'both'));
  expect(met).toBeNull();
  expect(await other.alone(async () => 'now')).toBe('now');
});

test('drives are counted at the version they were for; a parked order is left alone', async () => {
  const later = PLACED_AT + HOUR / 2;
  const heldNow = async () => (await orders.still(queryAt(later, true))).find(({ orderId }) => orderId === 'held');
  for (const at of [later, later + 1]) await orders.alone(async (store) => store.driven((await heldIn(store)), 'charge', at));
  expect(await heldNow()).toMatchObject({ drives: 2, drivenAt: later + 1 });
  await orders.alone(async (store) => store.parked(await heldIn(store), 'charge', later + 2, 'no use'));
  expect(await heldNow()).toMatchObject({ drives: 2, parkedAt: later + 2, reason: 'no use' });
  expect(await idsAt(later)).toEqual(['reopened']);

  await writeNext(database.pool, orderStory(placedOrder('held'), [...toHold, ['PaymentApproved', 1]]).slice(4));
  await orders.alone(async () => undefined);
  expect(await heldNow()).toMatchObject({ version: 5, drives: 0, parkedAt: null });
  expect(await database.value('SELECT count(*)::int FROM stuck_orders')).toBe(0);

  async function heldIn(store: Pick<StuckOrders, 'still'>) {
    const found = (await store.still(queryAt(later))).find(({ orderId }) => orderId === 'held');
    if (!found) throw new Error('the order does not stand still');
    return found;
  }
});

import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { openRedisInventory } from '../../connectors/redis-inventory/index.ts';
import { SeatImage } from '../../ingress/seat-image.ts';
import { flightsOn, FRESH_MS, imageFollowsInventory } from './seat-image-property.ts';

const DATE = '2099-06-01';
let redis: Redis;
let epochs = 0;

beforeAll(() => {
  redis = new Redis(inject('stack').redisUrl, { db: 7 });
});
afterAll(async () => {
  await redis.flushdb();
  await redis.quit();
});

async function openEmpty() {
  await redis.flushdb();
  await redis.set('redis-epoch', `epoch-${(epochs += 1)}`);
  return openRedisInventory({ redis, epoch: () => redis.get('redis-epoch') });
}

it('follows the inventory in Redis', () => imageFollowsInventory(openEmpty, 60));

it('shows nothing while Redis holds no content, and the new content once it is made anew', async () => {
  const inventory = await openEmpty();
  let now = 0;
  const image = new SeatImage({ catalogue: { flightsOn } as never, inventory, freshMs: FRESH_MS, rereadMs: 1_000_000, now: () => now });
  const seats = [{ flightNumber: 'IA102', departureDate: DATE, bookingClass: 'Y', seats: 2, authorized: 9 }];
  await inventory.hold('a', seats, 4_000_000_000_000);
  const held = async () => (await image.fresh(DATE)).flights.map(({ counts }) => counts.Y?.held ?? 0);
  expect(await held()).toEqual([0, 2, 0, 0]);
  await redis.flushdb();
  now += FRESH_MS;
  await expect(held()).rejects.toMatchObject({ message: 'STATELOST' });
  await redis.set('redis-epoch', `epoch-${(epochs += 1)}`);
  await inventory.hold('b', [{ ...seats[0]!, flightNumber: 'IA103' }], 4_000_000_000_000);
  await expect.poll(held).toEqual([0, 0, 2, 0]);
});

it('takes everything for changed where more changed than Redis remembers', async () => {
  const inventory = await openEmpty();
  const { cursor } = await inventory.changes(null);
  await redis.zadd('inventory-changes', 20_000, '');
  expect((await inventory.changes(cursor)).flights).toBeNull();
});

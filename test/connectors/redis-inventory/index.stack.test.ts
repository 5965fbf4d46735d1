import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openRedisInventory } from '../../../connectors/redis-inventory/index.ts';
import { entriesKey, INVENTORY_KEY_PREFIX, isEntriesKey } from '../../../connectors/redis-inventory/flight-key.ts';
import { type Entry, parseEntry } from '../../../connectors/redis-inventory/flight-seats.ts';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';
import { inventoryConformance } from '../../conformance/inventory.ts';

const EPOCH = 'epoch-1';
const connections: Redis[] = [];
let redis: Redis;

function connect(): Redis {
  const connection = new Redis(inject('stack').redisUrl, { db: 9 });
  connections.push(connection);
  return connection;
}

beforeAll(() => {
  redis = connect();
  for (let at = 0; at < 3; at += 1) connect();
});
afterAll(async () => {
  await redis.flushdb();
  await Promise.all(connections.map((connection) => connection.quit()));
});

async function entries(): Promise<Record<string, Record<string, Entry>>> {
  const all: Record<string, Record<string, Entry>> = {};
  for (const key of (await redis.keys(`${INVENTORY_KEY_PREFIX}*`)).filter(isEntriesKey)) {
    const found = Object.entries(await redis.hgetall(key)).map(([order, text]) => [order, parseEntry(text)]);
    all[key.slice(0, key.indexOf('}') + 1)] = Object.fromEntries(found);
  }
  return all;
}

const open = (connection: Redis) =>
  openRedisInventory({ redis: connection, epoch: () => connection.get('redis-epoch') });

inventoryConformance('Redis', async () => {
  await redis.flushdb();
  await redis.set('redis-epoch', EPOCH);
  let next = 0;
  const another = () => open(connections[1 + (next++ % 3)] as Redis);
  return { inventory: open(redis), another, entries, close: async () => {} };
});

describe('inventory on Redis', () => {
  const flight = { flightNumber: 'IA101', departureDate: '2099-06-01' };
  const seats = [{ ...flight, bookingClass: 'Y', seats: 1, authorized: 2 }];

  beforeEach(async () => {
    await redis.flushdb();
    await redis.set('redis-epoch', EPOCH);
  });

  it('refuses every call while Redis holds no epoch or another one, and recovers', async () => {
    const inventory = open(redis);
    await inventory.hold('a', seats, 1);
    await redis.flushdb();
    const calls = [
      () => inventory.hold('b', seats, 1),
      () => inventory.confirm('b', seats, 1),
      () => inventory.release('b', seats),
      () => inventory.counts([flight]),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toBeInstanceOf(TransientFault);
      await expect(call()).rejects.toMatchObject({ message: 'STATELOST' });
    }
    expect(await redis.dbsize()).toBe(0);
    await redis.set('redis-epoch', 'epoch-2');
    expect(await inventory.hold('b', seats, 1)).toEqual({ kind: 'held', expiresAt: 1 });
    await redis.set('redis-epoch', 'epoch-3');
    await expect(inventory.counts([flight])).rejects.toMatchObject({ message: 'STATELOST' });
    expect(await inventory.counts([flight])).toEqual([{ Y: { held: 1, sold: 0 } }]);
  });

  it('does not let a failed attempt undo the hold that a later attempt answered for', async () => {
    const other = { ...seats[0]!, flightNumber: 'IA102', authorized: 1 };
    const journey = [...seats, other];
    const inventory = open(redis);
    await inventory.hold('rival', [other], 1);
    let released = false;
    const slow = openRedisInventory({
      redis: interruptedBefore('inventory_undo', async () => {
        // Between the refusal on the second flight and the undo on the first, the rival leaves and another attempt succeeds.
        await inventory.release('rival', [other]);
        expect(await inventory.hold('a', journey, 7)).toMatchObject({ kind: 'held' });
        released = true;
      }),
      epoch: async () => EPOCH,
    });
    expect(await slow.hold('a', journey, 5)).toMatchObject({ kind: 'unavailable', flightNumber: 'IA102' });
    expect(released).toBe(true);
    expect(await inventory.confirm('a', journey, 5)).toEqual({ kind: 'confirmed' });
  });

  it('keeps a flight until a week after its departure date', async () => {
    await open(redis).hold('a', seats, 1);
    const end = Date.parse('2099-06-09');
    for (const key of [entriesKey(flight), '{inv:IA101:2099-06-01}']) {
      const [before, left, after] = [await serverNow(), await redis.pttl(key), await serverNow()];
      expect(end - left).toBeGreaterThanOrEqual(before);
      expect(end - left).toBeLessThanOrEqual(after);
    }
  });
});

/** By the server's own clock, ms. */
async function serverNow(): Promise<number> {
  const [seconds, microseconds] = (await redis.time()).map(Number) as [number, number];
  return seconds * 1_000 + Math.floor(microseconds / 1_000);
}

/** The connection, with something else happening once before a script is run. */
function interruptedBefore(command: string, happening: () => Promise<void>): Redis {
  const connection = connections[3] as Redis;
  let pending = true;
  return new Proxy(connection, {
    get(target, property) {
      const value = Reflect.get(target, property) as unknown;
      if (property !== command) return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: unknown[]) => {
        if (pending) await happening();
        pending = false;
        return (value as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

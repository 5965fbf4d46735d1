import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { INVENTORY_KEY_PREFIX, isEntriesKey } from '../../connectors/redis-inventory/flight-key.ts';
import { VELOCITY_KEY_PREFIX } from '../../connectors/redis-velocity/index.ts';
import { DIMENSIONS } from '../../processors/payments/velocity.ts';
import { ORDER_KEY_PREFIX, TIMERS_KEY } from './state-keys.ts';

const SCAN_COUNT = 1_000;
/** Orders about to leave their window, or that left it a moment ago, tell nothing: the two sides count them from slightly different times. */
const WINDOW_MARGIN_MS = 60_000;

/** Prefixes of all keys that a rebuild makes. */
const REBUILT_PREFIXES = [ORDER_KEY_PREFIX, INVENTORY_KEY_PREFIX, VELOCITY_KEY_PREFIX, TIMERS_KEY] as const;

/** All keys that a rebuild makes, in batches. A key may come twice. */
export async function* rebuiltKeys(redis: Redis): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, found] = await redis.scan(cursor, 'COUNT', SCAN_COUNT);
    cursor = next;
    const keys = found.filter((key) => REBUILT_PREFIXES.some((prefix) => key.startsWith(prefix)));
    if (keys.length > 0) yield keys;
  } while (cursor !== '0');
}

/**
 * Canonical text of what Redis holds, one entry for each order's head and mark, each timer, each order's seats on a flight, each seat
 * counter and each velocity key. Left out is what says nothing of the state: step journals, tokens of attempts, counts of changes, empty
 * counters. `now` (ms) bounds the velocity windows.
 */
export async function snapshotOf(redis: Redis, now = Date.now()): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  for await (const keys of rebuiltKeys(redis)) {
    for (const found of await Promise.all(keys.map((key) => entriesOf(redis, key, now)))) {
      for (const [name, text] of found) entries.set(name, text);
    }
  }
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function entriesOf(redis: Redis, key: string, now: number): Promise<[string, string][]> {
  if (key.startsWith(ORDER_KEY_PREFIX)) return orderEntries(redis, key);
  if (key.startsWith(INVENTORY_KEY_PREFIX)) return seatEntries(redis, key);
  if (key.startsWith(VELOCITY_KEY_PREFIX)) return velocityEntries(redis, key, now);
  return pairs(await redis.zrange(key, '0', '-1', 'WITHSCORES')).map(([member, score]) => [`${key} ${member}`, score]);
}

async function orderEntries(redis: Redis, key: string): Promise<[string, string][]> {
  if (key.endsWith(':mark')) {
    const mark = await redis.get(key);
    return mark === null ? [] : [[key, mark]];
  }
  if (!key.endsWith(':head')) return [];
  const [version, status, atRest, event] = await redis.hmgetBuffer(key, 'v', 's', 'r', 'e');
  if (!event) return [];
  return [[key, `${version} ${status} ${atRest} ${createHash('sha256').update(event).digest('hex')}`]];
}

async function seatEntries(redis: Redis, key: string): Promise<[string, string][]> {
  const fields = Object.entries(await redis.hgetall(key));
  if (isEntriesKey(key))
    return fields.map(([orderId, entry]) => [`${key} ${orderId}`, entry.split(' ').slice(0, 3).join(' ')]);
  return fields
    .filter(([field, value]) => field !== 'seq' && value !== '0')
    .map(([field, value]) => [`${key} ${field}`, value]);
}

async function velocityEntries(redis: Redis, key: string, now: number): Promise<[string, string][]> {
  const dimension = key.slice(VELOCITY_KEY_PREFIX.length).split(':')[0];
  const windowMs = DIMENSIONS.find(({ name }) => name === dimension)?.windowMs ?? 0;
  const orders = await redis.zrangebyscore(key, now - windowMs + WINDOW_MARGIN_MS, '+inf');
  return orders.length > 0 ? [[key, orders.sort().join(' ')]] : [];
}

const pairs = (flat: readonly string[]): [string, string][] =>
  Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at] as string, flat[2 * at + 1] as string]);

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { INVENTORY_KEY_PREFIX, isEntriesKey } from '../../connectors/redis-inventory/flight-key.ts';
import { VELOCITY_KEY_PREFIX } from '../../connectors/redis-velocity/index.ts';
import type { Codec } from '../../schemas/codec.ts';
import type { FencedSessions } from './fence-sessions.ts';
import type { Kafka } from './kafka.ts';
import { type Changelog, kafkaChangelog } from './kafka-changelog.ts';
import { RebuildLock, RebuildLockLost } from './rebuild-lock.ts';
import { newEpoch } from './redis-run.ts';
import type { ImageCounts } from './state-image.ts';
import { EPOCH_KEY, ORDER_KEY_PREFIX, TIMERS_KEY } from './state-keys.ts';
import { StateRestore } from './state-restore.ts';
import { rebuiltKeys } from './state-snapshot.ts';

export { snapshotOf } from './state-snapshot.ts';

export interface RebuildOptions {
  /** The database that is wiped and filled; any database of any Redis will do. */
  redis: Redis;
  codec: Codec;
  log: Pick<Logger, 'info'>;
  /** Bytes of events that are gathered before they are written. */
  batchBytes?: number;
  /** ms since the epoch. */
  now?: () => number;
}

export interface RebuildDeps extends RebuildOptions, FencedSessions {
  kafka: Kafka;
}

export interface RebuildSummary extends ImageCounts {
  epoch: string;
  /** Records read from the changelog, and distinct orders in them. */
  records: number;
  orders: number;
  durationMs: number;
}

const POLL_MS = 200;

/**
 * Wipes Redis and makes its content anew from the changelog, under a new epoch. One process does so at a time; a call that meets another
 * at it waits, and answers null once that one is done. Redis refuses all work from the start of the rebuild to its end.
 */
export const rebuild = ({ kafka, nodes, environment, ...options }: RebuildDeps): Promise<RebuildSummary | null> =>
  rebuildFrom(kafkaChangelog(kafka, { nodes, environment }), options);

/** As `rebuild`, from any changelog. */
export async function rebuildFrom(changelog: Changelog, options: RebuildOptions): Promise<RebuildSummary | null> {
  const { redis } = options;
  const before = await redis.get(EPOCH_KEY);
  for (;;) {
    const lock = await RebuildLock.acquire(redis);
    if (lock) {
      try {
        const epoch = await redis.get(EPOCH_KEY);
        return epoch !== null && epoch !== before ? null : await rebuildUnder(lock, changelog, options);
      } catch (error) {
        if (!(error instanceof RebuildLockLost)) throw error;
      } finally {
        await lock.release();
      }
    }
    await sleep(POLL_MS);
  }
}

/** Rebuilds Redis where it holds no content; null where it does, or where another process rebuilt it meanwhile. */
export async function ensureState(deps: RebuildDeps): Promise<RebuildSummary | null> {
  return (await deps.redis.get(EPOCH_KEY)) === null ? rebuild(deps) : null;
}

async function rebuildUnder(lock: RebuildLock, changelog: Changelog, options: RebuildOptions): Promise<RebuildSummary> {
  const { redis, codec, log, now = Date.now, batchBytes } = options;
  const started = performance.now();
  await lock.write([['DEL', EPOCH_KEY]]);
  await wipe(lock, redis);
  const restore = new StateRestore({ redis, lock, codec, now: now(), ...(batchBytes !== undefined && { batchBytes }) });
  await changelog.read((key, value) => restore.add(key, value));
  const counts = await restore.finish();
  await verifyCounts(redis, counts);
  const epoch = newEpoch(lock.run);
  await lock.write([['SET', EPOCH_KEY, epoch]]);
  const durationMs = Math.round(performance.now() - started);
  const summary = { epoch, records: restore.records, orders: restore.orders, ...counts, durationMs };
  log.info(summary, 'Redis rebuilt from the changelog');
  return summary;
}

async function wipe(lock: RebuildLock, redis: Redis): Promise<void> {
  for await (const keys of rebuiltKeys(redis)) await lock.write(keys.map((key) => ['UNLINK', key] as const));
}

/** Redis may name a key twice while its table of keys grows: where more were found than written they are told apart. */
async function countKeys(redis: Redis, seen: Set<string> | null): Promise<ImageCounts> {
  const counts: ImageCounts = { heads: 0, marks: 0, timers: 0, flights: 0, velocityKeys: 0 };
  for await (const keys of rebuiltKeys(redis)) {
    for (const key of keys) {
      if (seen?.has(key)) continue;
      seen?.add(key);
      const kind = kindOf(key);
      if (kind) counts[kind] += 1;
    }
  }
  return { ...counts, timers: await redis.zcard(TIMERS_KEY) };
}

function kindOf(key: string): keyof ImageCounts | null {
  if (key.startsWith(ORDER_KEY_PREFIX)) return key.endsWith(':head') ? 'heads' : key.endsWith(':mark') ? 'marks' : null;
  if (key.startsWith(INVENTORY_KEY_PREFIX)) return isEntriesKey(key) ? null : 'flights';
  return key.startsWith(VELOCITY_KEY_PREFIX) ? 'velocityKeys' : null;
}

async function verifyCounts(redis: Redis, expected: ImageCounts): Promise<void> {
  const names = Object.keys(expected) as (keyof ImageCounts)[];
  let found = await countKeys(redis, null);
  if (names.some((name) => found[name] > expected[name])) found = await countKeys(redis, new Set());
  // Velocity is counted under no epoch: keys may have come meanwhile.
  const differs = (name: keyof ImageCounts): boolean =>
    name === 'velocityKeys' ? found[name] < expected[name] : found[name] !== expected[name];
  const wrong = names.filter(differs);
  if (wrong.length === 0) return;
  const faults = wrong.map((name) => `${name}: wrote ${expected[name]}, found ${found[name]}`);
  throw new Error(`Redis does not hold what the rebuild wrote (${faults.join('; ')})`);
}

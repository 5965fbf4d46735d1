import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Codec } from '../../schemas/codec.ts';
import { CHANGELOG_TOPIC } from '../topics.ts';
import { ChangelogFold } from './changelog-fold.ts';
import { type Kafka, TRANSACTION_TIMEOUT_MS, withAdmin } from './kafka.ts';
import { RebuildLock, RebuildLockLost } from './rebuild-lock.ts';
import { type ImageCounts, stateImage } from './state-image.ts';
import { EPOCH_KEY, TIMERS_KEY } from './state-keys.ts';
import { keysWith, REBUILT_PREFIXES } from './state-snapshot.ts';
import { readTopics } from './topic-reader.ts';

export { snapshotOf } from './state-snapshot.ts';

/** What Redis is rebuilt from. */
export interface Changelog {
  /** Whether anything was ever written to it, by a transaction still open or not. */
  hasRecords(): Promise<boolean>;
  /** Hands over all committed records up to the present end. */
  read(onRecord: (key: string, value: Buffer | null) => Promise<void>): Promise<void>;
}

export interface RebuildOptions {
  /** The database that is wiped and filled; any database of any Redis will do. */
  redis: Redis;
  codec: Codec;
  log: Pick<Logger, 'info'>;
  /** How long transactions begun before the loss are waited out, ms: their lifetime and a little, unless nothing is running. */
  waitMs?: number;
}

export interface RebuildDeps extends RebuildOptions {
  kafka: Kafka;
}

export interface RebuildSummary extends ImageCounts {
  epoch: string;
  /** Records read from the changelog, and distinct orders in them. */
  records: number;
  orders: number;
  durationMs: number;
}

const WAIT_MS = TRANSACTION_TIMEOUT_MS + 1_000;
const POLL_MS = 200;

/**
 * Wipes Redis and makes its content anew from the changelog, under a new epoch. One process does so at a time; a call that meets another
 * at it waits, and answers null once that one is done. Redis refuses all work from the start of the rebuild to its end.
 */
export const rebuild = ({ kafka, ...options }: RebuildDeps): Promise<RebuildSummary | null> =>
  rebuildFrom(kafkaChangelog(kafka), options);

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
  const { redis, codec, log, waitMs = WAIT_MS } = options;
  const started = performance.now();
  await lock.run([['DEL', EPOCH_KEY]]);
  // What was begun before the epoch went may still be committed; what begins after it is refused.
  if (waitMs > 0 && (await changelog.hasRecords())) await sleep(waitMs);
  await wipe(lock, redis);
  const fold = new ChangelogFold(codec);
  await changelog.read((key, value) => fold.add(key, value));
  const { commands, counts } = stateImage(fold.orders, await fold.marks(), Date.now());
  await lock.run(commands);
  await verifyCounts(redis, counts);
  const epoch = randomUUID();
  await lock.run([['SET', EPOCH_KEY, epoch]]);
  const durationMs = Math.round(performance.now() - started);
  const summary = { epoch, records: fold.records, orders: fold.orders.size, ...counts, durationMs };
  log.info(summary, 'Redis rebuilt from the changelog');
  return summary;
}

function kafkaChangelog(kafka: Kafka): Changelog {
  return {
    hasRecords: () =>
      withAdmin(kafka, async (admin) => {
        const offsets = await admin.fetchTopicOffsets(CHANGELOG_TOPIC);
        return offsets.some(({ high, low }) => BigInt(high) > BigInt(low));
      }),
    read: (onRecord) => readTopics(kafka, [CHANGELOG_TOPIC], ({ key, value }) => onRecord(String(key), value)),
  };
}

async function wipe(lock: RebuildLock, redis: Redis): Promise<void> {
  for (const prefix of REBUILT_PREFIXES) {
    for await (const keys of keysWith(redis, prefix)) await lock.run(keys.map((key) => ['UNLINK', key] as const));
  }
}

async function verifyCounts(redis: Redis, expected: ImageCounts): Promise<void> {
  const keys = new Set<string>();
  for (const prefix of REBUILT_PREFIXES)
    for await (const found of keysWith(redis, prefix)) for (const key of found) keys.add(key);
  const count = (matches: (key: string) => boolean): number => [...keys].filter(matches).length;
  const found: ImageCounts = {
    heads: count((key) => key.startsWith('{ord:') && key.endsWith(':head')),
    marks: count((key) => key.startsWith('{ord:') && key.endsWith(':mark')),
    timers: await redis.zcard(TIMERS_KEY),
    flights: count((key) => key.startsWith('{inv:') && key.endsWith('}')),
    velocityKeys: count((key) => key.startsWith('vel:')),
  };
  // Velocity is counted under no epoch: keys may have come meanwhile.
  const differs = (name: keyof ImageCounts): boolean =>
    name === 'velocityKeys' ? found[name] < expected[name] : found[name] !== expected[name];
  const wrong = (Object.keys(expected) as (keyof ImageCounts)[]).filter(differs);
  if (wrong.length === 0) return;
  const faults = wrong.map((name) => `${name}: wrote ${expected[name]}, found ${found[name]}`);
  throw new Error(`Redis does not hold what the rebuild wrote (${faults.join('; ')})`);
}

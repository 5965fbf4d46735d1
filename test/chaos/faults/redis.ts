import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { ChaosRun, Fault, Signs } from '../fault.ts';
import { inTurn, inTurnFor, type Lengths, type Times } from './in-turn.ts';
import { away } from './outage.ts';

const KILLS: Times = { quick: 1, full: 5 };
const REWINDS: Times = { quick: 1, full: 3 };
const FLUSHES: Times = { quick: 1, full: 2 };
const SHORTAGES_MS: Lengths = { quick: [3_000], full: [15_000] };
const OUTAGES_MS: Lengths = { quick: [4_000], full: [30_000, 30_000] };
const LOST_MS = 1_000;

export const REDIS_FAULTS: readonly Fault[] = [
  {
    name: 'redis-kill',
    title: 'Redis killed (SIGKILL), with all it held',
    planned: (scale) => KILLS[scale],
    inject: (run) => inTurn(run, KILLS, 'SIGKILL redis', () => run.servers.kill('redis')),
    unseen: rebuilds,
  },
  {
    name: 'redis-rewound',
    title: 'Redis restarted with what it held a second before',
    planned: (scale) => REWINDS[scale],
    inject: (run) => inTurn(run, REWINDS, 'redis loses a second', () => loseLastSecond(run)),
    unseen: rebuilds,
  },
  {
    name: 'redis-flush',
    title: 'Redis emptied (FLUSHALL)',
    planned: (scale) => FLUSHES[scale],
    inject: (run) => inTurn(run, FLUSHES, 'FLUSHALL', () => withRedis(run, (redis) => redis.flushall())),
    unseen: rebuilds,
  },
  {
    name: 'redis-oom',
    title: 'Redis out of memory (maxmemory reached)',
    planned: (scale) => SHORTAGES_MS[scale].length,
    inject: (run) => inTurnFor(run, SHORTAGES_MS, 'redis out of memory', (ms) => outOfMemory(run, ms)),
  },
  {
    name: 'redis-outage',
    title: 'Redis away for 30 s',
    planned: (scale) => OUTAGES_MS[scale].length,
    inject: (run) => inTurnFor(run, OUTAGES_MS, 'redis away', (ms) => away(run, 'redis', ms)),
  },
];

function* rebuilds({ rebuilt }: Signs): Iterable<string> {
  if (rebuilt === 0) yield 'Redis was never rebuilt from the changelog';
}

async function withRedis<T>(run: ChaosRun, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(run.servers.addresses.redisUrl);
  redis.on('error', () => undefined);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** Everything is refused that needs memory, which all scripts of the product do. */
async function outOfMemory(run: ChaosRun, ms: number): Promise<void> {
  await withRedis(run, async (redis) => {
    await redis.config('SET', 'maxmemory', '1mb');
    try {
      await sleep(ms, undefined, { signal: run.signal });
    } finally {
      await redis.config('SET', 'maxmemory', '0');
    }
  });
}

/** What it reads back when it starts again was on the disk a second before its end: of the rest it knows nothing. */
async function loseLastSecond(run: ChaosRun): Promise<void> {
  const snapshot = join(run.servers.folder('redis'), 'dump.rdb');
  await withRedis(run, (redis) => redis.save());
  await sleep(LOST_MS);
  await run.servers.kill('redis');
  await rm(snapshot);
}

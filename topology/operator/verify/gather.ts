import { Redis } from 'ioredis';
import { demoAirline } from '../../../connectors/demo-airline/index.ts';
import { createLog } from '../../runtime/log.ts';
import { keysWith, REBUILT_PREFIXES } from '../../runtime/state-snapshot.ts';
import { rebuild, snapshotOf } from '../../runtime/rebuild.ts';
import { EPOCH_KEY } from '../../runtime/state-keys.ts';
import { attach, type Attached } from '../attach.ts';
import { measureLag } from '../lag.ts';
import { readBookings, readLedger } from './companies.ts';
import type { Evidence } from './evidence.ts';
import { readLog } from './read-log.ts';
import { readSeats } from './read-state.ts';
import { readClickhouse, readPostgres } from './read-stores.ts';

/** Redis database the changelog is rebuilt into for comparison; only keys of the rebuild are touched there. */
const SCRATCH_DATABASE = 15;

/** Reads all stores of the attached installation. It changes nothing that the pipeline uses. */
export async function gather(): Promise<Evidence> {
  const attached = await attach();
  const { config, kafka, codec } = attached;
  const redis = new Redis(config.redisUrl);
  try {
    const edges = await measureLag(kafka);
    const lag = new Map<string, number>();
    for (const { reader, messages } of edges) lag.set(reader, (lag.get(reader) ?? 0) + messages);
    const now = Date.now();
    return {
      lag,
      ...(await readLog(kafka, codec)),
      ledger: await readLedger(config.sandboxUrl),
      bookings: await readBookings(config.sandboxUrl),
      postgres: await readPostgres(config.databaseUrl),
      clickhouse: await readClickhouse(config.clickhouseUrl),
      seats: await readSeats(redis, demoAirline({ currencies: config.settings.currencies }), config.settings),
      redis: await snapshotOf(redis, now),
      rebuilt: await rebuiltSnapshot(attached, now),
    };
  } finally {
    redis.disconnect();
  }
}

async function rebuiltSnapshot({ config, kafka, codec }: Attached, now: number): Promise<Map<string, string>> {
  const scratch = new Redis(config.redisUrl, { db: SCRATCH_DATABASE });
  try {
    await scratch.del(EPOCH_KEY);
    await rebuild({ kafka, redis: scratch, codec, log: createLog('verify', 'error'), waitMs: 0 });
    const snapshot = await snapshotOf(scratch, now);
    for (const prefix of REBUILT_PREFIXES) for await (const keys of keysWith(scratch, prefix)) await scratch.unlink(keys);
    await scratch.del(EPOCH_KEY);
    return snapshot;
  } finally {
    scratch.disconnect();
  }
}

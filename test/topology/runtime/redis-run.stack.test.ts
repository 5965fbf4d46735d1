import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { takeDataFolder } from '../../../topology/local/data-folder.ts';
import type { Part, Startable } from '../../../topology/local/part.ts';
import { scatteredPorts } from '../../../topology/local/ports.ts';
import { startRedis } from '../../../topology/local/redis.ts';
import { RebuildLock, RebuildLockLost } from '../../../topology/runtime/rebuild-lock.ts';
import { newEpoch, presentRun } from '../../../topology/runtime/redis-run.ts';
import { openRedis } from '../../../topology/runtime/redis.ts';
import { EPOCH_KEY } from '../../../topology/runtime/state-keys.ts';

/** As the product's scripts do: nothing where the epoch is another. */
const GUARDED = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
redis.call('SET', KEYS[2], 'done')
return 'done'`;

let dataDir: string;
let part: Part;
let server: Startable;
let redis: Redis;
let epoch: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'iaros-redis-run-'));
  const nothing = (): void => {};
  await takeDataFolder(dataDir, nothing);
  part = await startRedis({
    dataDir, cacheDir: process.env['IAROS_CACHE_DIR'] ?? '.local/cache', env: process.env, ports: await scatteredPorts(), kafkaForwarded: undefined, say: nothing, changed: nothing,
  });
  server = part.process as Startable;
});
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

beforeEach(async () => {
  redis = openRedis(part.address);
  redis.on('error', () => undefined);
  epoch = newEpoch(await presentRun(redis));
  await redis.set(EPOCH_KEY, epoch);
});
afterEach(() => redis.disconnect());

const guarded = (): Promise<unknown> => redis.eval(GUARDED, 2, EPOCH_KEY, 'written', epoch);

async function restart(): Promise<void> {
  await server.stop();
  await server.start();
}

/** Resolves with the command's answer once there is one: a connection that is being made anew fails some first. */
async function answered<Value>(command: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await command();
    } catch (error) {
      if ((error as Error).name !== 'MaxRetriesPerRequestError' || tries === 100) throw error;
    }
  }
}

describe('an epoch', () => {
  test('ends with the run of the server, before any command that waited for it', async () => {
    await redis.del('written');
    await server.stop();
    const waiting = expect(answered(guarded)).rejects.toThrow('STATELOST');
    await server.start();
    await waiting;
    expect(await redis.exists('written')).toBe(0);
    expect(await redis.get(EPOCH_KEY)).toBeNull();
  });

  test('of another run is ended by whoever connects first', async () => {
    redis.disconnect();
    await restart();
    const other = openRedis(part.address);
    expect(await other.get(EPOCH_KEY)).toBeNull();
    other.disconnect();
  });

  test('outlives a connection', async () => {
    const other = new Redis(part.address);
    await other.call('CLIENT', 'KILL', 'TYPE', 'normal');
    other.disconnect();
    expect(await answered(guarded)).toBe('done');
    expect(await redis.get(EPOCH_KEY)).toBe(epoch);
  });
});

test('the right to rebuild ends with the run', async () => {
  const lock = (await RebuildLock.acquire(redis)) as RebuildLock;
  await lock.write([['SET', 'rebuilt', '1']]);
  await restart();
  await expect(answered(() => lock.write([['SET', 'rebuilt', '2']]))).rejects.toBeInstanceOf(RebuildLockLost);
  expect(await redis.get('rebuilt')).not.toBe('2');
  expect(await RebuildLock.isHeld(redis)).toBe(false);
  await lock.release();
});

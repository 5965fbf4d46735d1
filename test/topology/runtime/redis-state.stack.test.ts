import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRedisState } from '../../../topology/runtime/redis-state.ts';
import type { Completion } from '../../../topology/runtime/state.ts';
import { EPOCH_KEY, headKey, headTtlMs, journalKey, markKey } from '../../../topology/runtime/state-keys.ts';
import { orderStateConformance } from '../../conformance/order-state.ts';
import { emptyRedisDatabase } from './redis-database.ts';

const DATABASE = 8;
const SLACK_MS = 120_000;
const log = { warn: () => {} };
let redis: Redis;

const renew = async (): Promise<void> => void (await redis.set(EPOCH_KEY, randomUUID()));

beforeAll(async () => {
  redis = await emptyRedisDatabase(DATABASE);
});
afterAll(async () => {
  await redis.flushdb();
  await redis.quit();
});

orderStateConformance('Redis', async () => {
  await redis.flushdb();
  await renew();
  const state = openRedisState({ redis, log });
  return { state, lose: async () => void (await redis.flushdb()), renew, close: () => state.close() };
});

describe('OrderState on Redis', () => {
  const event = Buffer.from('event');
  const step = (version: number, status: string): Completion => ({
    orderId: 'a',
    step: `node:${version}`,
    fromVersion: version - 1,
    clearsMark: false,
    events: [event],
    head: { version, status, atRest: false },
    timer: null,
  });
  const mark = { causationId: 'c', reason: 'r', detail: '' };

  beforeEach(async () => {
    await redis.flushdb();
    await renew();
  });

  it('keeps live orders, and lets ended ones, journals and early marks expire', async () => {
    const state = openRedisState({ redis, log });
    await state.note({ orderId: 'a', step: 'cancel:1', version: 0, mark, kept: true });
    expect(await redis.pttl(markKey('a'))).toBeGreaterThan(6 * 86_400_000);
    await state.complete(step(1, 'Received'));
    expect(await redis.pttl(markKey('a'))).toBe(-1);
    expect(await redis.pttl(headKey('a'))).toBe(-1);
    expect(await redis.pttl(journalKey('a'))).toBeGreaterThan(6 * 86_400_000);
    await state.complete(step(2, 'Fulfilled'));
    expect(await redis.pttl(headKey('a'))).toBeGreaterThan(90 * 86_400_000);
    await state.complete(step(3, 'Refunding'));
    expect(await redis.pttl(headKey('a'))).toBe(-1);
    await state.complete(step(4, 'Refunded'));
    for (const key of [headKey('a'), markKey('a')]) {
      expect(Math.abs((await redis.pttl(key)) - (headTtlMs('Refunded') as number))).toBeLessThan(SLACK_MS);
    }
  });

  it('refuses a store whose epoch another process replaced, then goes on under the new one', async () => {
    const state = openRedisState({ redis, log });
    await state.read('a');
    await renew();
    await expect(state.read('a')).rejects.toMatchObject({ name: 'StateLost' });
    expect(await state.read('a')).toEqual({ head: null, mark: null });
  });

  it('goes on when Redis has dropped its scripts', async () => {
    const state = openRedisState({ redis, log });
    await state.complete(step(1, 'Received'));
    await redis.script('FLUSH');
    expect(await state.complete(step(2, 'Validated'))).toEqual({ kind: 'done', mark: null });
  });

  it('leaves nothing behind once steps are trimmed and the order is gone', async () => {
    const state = openRedisState({ redis, log });
    await state.complete(step(1, 'Received'));
    await state.trim([{ orderId: 'a', steps: ['node:1'] }]);
    expect((await redis.keys('*')).sort()).toEqual([EPOCH_KEY, headKey('a')].sort());
  });
});

import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openRedisVelocity, velocityKey } from '../../../connectors/redis-velocity/index.ts';
import { velocityConformance } from '../../conformance/velocity.ts';

let redis: Redis;

beforeAll(() => {
  redis = new Redis(inject('stack').redisUrl, { db: 10 });
});
afterAll(async () => {
  await redis.flushdb();
  await redis.quit();
});

velocityConformance('Redis', async () => {
  await redis.flushdb();
  return { velocity: openRedisVelocity({ redis }), close: async () => {} };
});

describe('velocity on Redis', () => {
  it('keeps a key no longer than its window and no order beyond it', async () => {
    await redis.flushdb();
    const velocity = openRedisVelocity({ redis });
    await velocity.record('a', ['token:1'], 1_000_000, 60_000);
    await velocity.record('b', ['token:1'], 1_060_000, 60_000);
    expect(await redis.zrange(velocityKey('token:1'), '0', '-1')).toEqual(['b']);
    expect(await redis.pttl(velocityKey('token:1'))).toBeGreaterThan(0);
    expect(await redis.pttl(velocityKey('token:1'))).toBeLessThanOrEqual(60_000);
  });
});

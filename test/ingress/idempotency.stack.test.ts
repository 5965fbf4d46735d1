import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { type IdempotencyStore, redisIdempotency } from '../../ingress/idempotency.ts';
import { idempotencyStoreSuite } from './idempotency-store.ts';

let redis: Redis;
let store: IdempotencyStore;
beforeAll(() => {
  redis = new Redis(inject('stack').redisUrl);
  store = redisIdempotency(redis);
});
afterAll(() => redis.quit());

idempotencyStoreSuite('the store on Redis', () => store, randomUUID);

it('keeps the claim of a living process, lets one whose process died lapse soon, and keeps an answer for a day', async () => {
  const [living, dead] = [randomUUID(), randomUUID()];
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  await store.claim(living, 'f1');
  await redis.set(`idem:${dead}`, 'f1|-', 'EX', 15);
  for (const key of [living, dead]) await redis.expire(`idem:${key}`, 2);
  vi.advanceTimersByTime(5_000);
  vi.useRealTimers();
  await expect.poll(() => redis.ttl(`idem:${living}`)).toBeGreaterThan(10);
  expect(await redis.ttl(`idem:${dead}`)).toBeLessThanOrEqual(2);
  await store.answer(living, 'f1', 'sealed');
  expect(await redis.ttl(`idem:${living}`)).toBeGreaterThan(86_000);
});

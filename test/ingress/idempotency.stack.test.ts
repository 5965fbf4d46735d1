import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
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

it('keeps a claim for longer than any request takes and an answer for a day', async () => {
  const key = randomUUID();
  await store.claim(key, 'f1');
  expect(await redis.ttl(`idem:${key}`)).toBeGreaterThan(60);
  expect(await redis.ttl(`idem:${key}`)).toBeLessThanOrEqual(90);
  await store.answer(key, 'f1', 'sealed');
  expect(await redis.ttl(`idem:${key}`)).toBeGreaterThan(86_000);
});

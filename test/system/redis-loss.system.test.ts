import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { snapshotOf } from '../../topology/runtime/rebuild.ts';
import { Api, orderBody } from './api.ts';
import { Installation } from './installation.ts';
import { expectOk, verdictOf } from './verification.ts';

let installation: Installation;
let redis: Redis;

beforeAll(async () => {
  installation = await Installation.start({ ...inject('system'), env: { IAROS_LOG_LEVEL: 'warn' } });
  redis = new Redis(installation.config.redisUrl);
});
afterAll(async () => {
  redis?.disconnect();
  await installation?.stop();
});

test('FLUSHALL at rest: rebuilt from the changelog, equal to before, and orders go on', async () => {
  const api = new Api(installation.url);
  for (const token of ['tok_visa', 'tok_declined', 'tok_visa']) await api.place(orderBody({ token }));
  const waiting = await api.post(orderBody({ token: 'tok_3ds' }));
  await api.until(waiting.body.orderId, ({ status }) => status === 'PaymentPending');
  expectOk(await verdictOf(installation));
  const before = await snapshotOf(redis);
  await redis.flushall();
  expect((await api.place(orderBody())).status).toBe('Fulfilled');
  const after = await snapshotOf(redis);
  for (const [key, value] of before) if (key.startsWith('{ord:')) expect([key, after.get(key)]).toEqual([key, value]);
  expect(await api.authenticate(waiting.body.orderId, 'authenticated')).toBe(202);
  await api.until(waiting.body.orderId, ({ status }) => status === 'Fulfilled');
  expectOk(await verdictOf(installation));
});

test('FLUSHALL under load: nothing lost, nothing twice', async () => {
  const placing = installation.iaros('demo', '--rate', '40', '--count', '800', '--cancel-percent', '5', '--seed', '12');
  await sleep(8_000);
  await redis.flushall();
  const tally = JSON.parse((await placing).stdout.trim().split('\n').at(-1) as string) as { placed: number };
  expect(tally.placed).toBe(800);
  expectOk(await verdictOf(installation, 120_000));
});

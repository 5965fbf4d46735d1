import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Installation } from './installation.ts';
import { expectOk, verdictOf } from './verification.ts';

const ORDERS = 2_000;
const RATE = 50;
const KILLS_EACH = 3;

let installation: Installation;

beforeAll(async () => {
  installation = await Installation.start({ ...inject('system'), nodePerProcess: true, env: { IAROS_LOG_LEVEL: 'warn' } });
});
afterAll(() => installation?.stop());

test(`${ORDERS} orders survive every kind of worker killed ${KILLS_EACH} times at random moments`, { timeout: 300_000 }, async () => {
  const before = (await verdictOf(installation)).orders;
  const placing = installation.iaros('demo', '--rate', String(RATE), '--count', String(ORDERS), '--cancel-percent', '5', '--seed', '11');
  const kills = installation.names.flatMap((name) => Array.from({ length: KILLS_EACH }, () => ({ name, at: Math.random() * (ORDERS / RATE) * 1_000 })));
  await Promise.all([placing, ...kills.map(async ({ name, at }) => {
    await sleep(at);
    await killWhenUp(name);
  })]);
  const { code, stdout, stderr } = await placing;
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toMatchObject({ placed: ORDERS, refused: 0 });
  await installation.allReady();
  const verdict = await verdictOf(installation, 120_000);
  expectOk(verdict);
  // A killed ingress may have accepted an order without having been able to say so: asked again it is the same order.
  expect(verdict.orders - before).toBe(ORDERS);
  expect(verdict.live).toBe(verdict.statuses.PaymentPending ?? 0);
});

/** A process that is being restarted cannot be killed again until it is back. */
async function killWhenUp(name: string): Promise<void> {
  for (;;) {
    try {
      return installation.kill(name);
    } catch {
      await sleep(100);
    }
  }
}

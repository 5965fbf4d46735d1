import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { SESSION_TIMEOUT_MS } from '../../topology/runtime/kafka.ts';
import { Api, orderBody } from './api.ts';
import { freePort, Installation } from './installation.ts';
import { expectOk, verdictOf } from './verification.ts';
import { countsByNode } from './worker-metrics.ts';

const RUN_ALL = ['topology/cli.ts', 'run', 'all'];
const ORDER_EVERY_MS = 150;
let installation: Installation;
let metricsPort: number;

beforeAll(async () => {
  installation = await Installation.start({ ...inject('system'), without: ['all'], env: { IAROS_LOG_LEVEL: 'warn' } });
  metricsPort = await freePort();
  await installation.run('all-1', RUN_ALL, { IAROS_WORKER_PORT: String(metricsPort) });
});
afterAll(() => installation?.stop());

/** Most rebalances that any group has seen from the first process's side. */
const rebalances = async (): Promise<number> => Math.max(...Object.values(await countsByNode(metricsPort, 'iaros_rebalances_total')));

test('the pipeline grows to three processes and shrinks again while orders flow: none is lost, none waits longer than a lost session', { timeout: 180_000 }, async () => {
  const api = new Api(installation.url);
  await api.place(orderBody());
  const before = await rebalances();
  let placing = true;
  const placed: Promise<{ status: string; ms: number }>[] = [];
  const load = (async () => {
    for (let at = 0; placing; at += 1) {
      const begun = Date.now();
      placed.push(api.place(orderBody({ flight: `IA1${10 + (at % 80)}` })).then(({ status }) => ({ status, ms: Date.now() - begun })));
      await sleep(ORDER_EVERY_MS);
    }
  })();
  await installation.run('all-2', RUN_ALL);
  await installation.run('all-3', RUN_ALL);
  await sleep(3_000);
  await installation.remove('all-2', 'SIGTERM');
  await sleep(3_000);
  await installation.remove('all-3', 'SIGTERM');
  await sleep(3_000);
  placing = false;
  await load;
  const orders = await Promise.all(placed);
  expect(orders.length).toBeGreaterThan(40);
  expect(orders.filter(({ status }) => status !== 'Fulfilled')).toEqual([]);
  expect(Math.max(...orders.map(({ ms }) => ms))).toBeLessThan(SESSION_TIMEOUT_MS + 10_000);
  // One for each process that came or went; a member that comes while the others still join may cost one more.
  const seen = (await rebalances()) - before;
  expect(seen).toBeGreaterThanOrEqual(2);
  expect(seen).toBeLessThanOrEqual(8);
  expectOk(await verdictOf(installation));
});

test('a process with another number of partitions than the topics have says so and does not start', async () => {
  const refused = installation.run('all-4', RUN_ALL, { IAROS_PARTITIONS: '12' });
  await expect(refused).rejects.toThrow('ended with 1 before it was ready');
  await installation.remove('all-4', 'SIGTERM');
  const { code, stderr } = await installation.iaros('provision');
  expect([code, stderr]).toEqual([0, expect.any(String)]);
});

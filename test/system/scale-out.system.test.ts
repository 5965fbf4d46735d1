import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { orderFlow } from '../../topology/order-flow.ts';
import { groupOf, topicOf } from '../../topology/topics.ts';
import { assignmentsOf, connectKafka } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import { Api, orderBody } from './api.ts';
import { Installation } from './installation.ts';

const OTHERS = orderFlow.nodes.map((node) => node.name).filter((name) => name !== 'validate');
let installation: Installation;

beforeAll(async () => {
  installation = await Installation.start({ ...inject('system'), without: ['all'], env: { IAROS_LOG_LEVEL: 'warn' } });
  await installation.run('others', ['topology/cli.ts', 'run', ...OTHERS]);
  await Promise.all([1, 2, 3].map((number) => installation.run(`validate-${number}`, ['topology/cli.ts', 'run', 'validate'])));
});
afterAll(() => installation?.stop());

/** How many partitions of its main topic each member of the group holds. */
async function shares(): Promise<number[]> {
  const kafka = connectKafka({ brokers: installation.config.kafkaBrokers, clientId: 'test', log: createLog('test', 'error') });
  return (await assignmentsOf(kafka, groupOf('validate'))).map((assignment) => assignment[topicOf('OrderReceived')]?.length ?? 0).sort();
}

test('three processes of a node share its partitions; killing one moves its work within 10 s', { timeout: 120_000 }, async () => {
  const api = new Api(installation.url);
  await expect.poll(shares, { timeout: 30_000 }).toEqual([2, 2, 2]);
  await api.place(orderBody());
  await installation.remove('validate-1', 'SIGKILL');
  const killedAt = Date.now();
  // One order per partition at least: those of the lost member have to wait for the move.
  const orders = await Promise.all(Array.from({ length: 40 }, (_, index) => api.place(orderBody({ flight: `IA1${20 + index}` }))));
  expect(orders.map(({ status }) => status)).toEqual(orders.map(() => 'Fulfilled'));
  const movedWithinMs = Date.now() - killedAt;
  expect(movedWithinMs).toBeLessThan(10_000);
  await expect.poll(shares, { timeout: 10_000 }).toEqual([3, 3]);
});

import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { arbitraryOrder } from '../schemas/arbitrary-order.ts';
import fc from 'fast-check';
import type { OrderCommand } from '../../schemas/types.ts';
import { openCodec, type Codec } from '../../schemas/codec.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { COMMANDS_TOPIC, inputsOf, subjectsOf, topicsOf } from '../../topology/topics.ts';
import { openCommandProducer } from '../../topology/runtime/command-producer.ts';
import { connectKafka } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import { Api, orderBody } from './api.ts';
import { Installation } from './installation.ts';

let installation: Installation;
let codec: Codec;
let producer: Awaited<ReturnType<typeof openCommandProducer>>;
const log = createLog('test', 'error');

beforeAll(async () => {
  installation = await Installation.start({ ...inject('system'), env: { IAROS_LOG_LEVEL: 'warn' } });
  codec = await openCodec({ registryUrl: installation.config.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
  producer = await openCommandProducer(connectKafka({ brokers: installation.config.kafkaBrokers, clientId: 'test', log }), { log });
});
afterAll(async () => {
  await producer?.close();
  await installation?.stop();
});

interface Letter {
  node: string;
  code: string;
  from: string;
  message: string;
}
/** Of the nodes; sinks have their own for what they read themselves. */
const letters = async (): Promise<Letter[]> =>
  (JSON.parse((await installation.iaros('dlq', 'list', '--json')).stdout) as Letter[]).filter(({ node }) => orderFlow.nodes.some(({ name }) => name === node));

/** No wire format: that begins with a zero byte. */
const noise = (): Buffer => Buffer.concat([Buffer.from([1]), randomBytes(63)]);
const unknownSchema = (): Buffer => Buffer.concat([Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]), randomBytes(40)]);

/** A command that fits its schema and makes no sense. */
function impossible(orderId: string): OrderCommand {
  const [place] = fc.sample(arbitraryOrder(), { numRuns: 1, seed: 5 });
  return { commandId: randomUUID(), orderId, kind: 'place', issuedAt: Date.now(), place: { ...place!, orderId, items: [], passengers: [], currency: '???' }, cancel: null, authenticate: null };
}

test('poison on the commands topic: dead letters with a reason, an Invalid order, and the good ones beside it finish', async () => {
  const before = await letters();
  const api = new Api(installation.url);
  const orderId = randomUUID();
  const good = Array.from({ length: 10 }, () => api.place(orderBody()));
  await producer.publish({ topic: COMMANDS_TOPIC, key: 'noise', value: noise(), headers: {} });
  await producer.publish({ topic: COMMANDS_TOPIC, key: 'stranger', value: unknownSchema(), headers: {} });
  await producer.publish({ topic: COMMANDS_TOPIC, key: orderId, value: codec.encode('OrderCommand', impossible(orderId)), headers: {} });
  for (const order of await Promise.all(good)) expect(order.status).toBe('Fulfilled');
  await api.arrived(orderId);
  const invalid = await api.until(orderId, ({ status }) => status === 'Invalid');
  expect(invalid.faults?.length).toBeGreaterThan(1);
  await expect.poll(async () => (await letters()).slice(before.length).map(({ node, code }) => `${node}: ${code}`).sort(), { timeout: 20_000 }).toEqual(['receive: not_wire_format', 'receive: unknown_schema']);
});

test('poison on every other topic a node reads ends in that node’s dead letters, once each', { timeout: 120_000 }, async () => {
  const before = (await letters()).length;
  const topics = new Map(orderFlow.nodes.flatMap((node) => inputsOf(node).map((topic) => [topic, node.name] as const)));
  topics.delete(COMMANDS_TOPIC);
  for (const topic of topics.keys()) await producer.publish({ topic, key: 'noise', value: noise(), headers: {} });
  await expect.poll(async () => (await letters()).slice(before).map(({ node, from }) => `${node} < ${from.split('/')[0]}`).sort(), { timeout: 60_000 }).toEqual(
    [...topics].map(([topic, node]) => `${node} < ${topic}`).sort(),
  );
  expect((await new Api(installation.url).place(orderBody())).status).toBe('Fulfilled');
});

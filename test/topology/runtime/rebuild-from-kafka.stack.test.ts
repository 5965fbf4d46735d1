import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Codec, openCodec, registerSchemas } from '../../../schemas/codec.ts';
import type { FlowNode } from '../../../topology/define.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { loadConfig } from '../../../topology/runtime/config.ts';
import { connectKafka, isFenced, type Kafka, transactionalProducer } from '../../../topology/runtime/kafka.ts';
import { transactionalIdOf } from '../../../topology/runtime/partition-transactions.ts';
import { provisionTopics } from '../../../topology/runtime/provision.ts';
import { ensureState } from '../../../topology/runtime/rebuild.ts';
import { openRedisState } from '../../../topology/runtime/redis-state.ts';
import { CHANGELOG_TOPIC, COMMANDS_TOPIC, inputsOf, subjectsOf, topicsOf } from '../../../topology/topics.ts';
import { event, NOW, priced } from '../../processors/given.ts';
import { emptyRedisDatabase } from './redis-database.ts';

const log = pino({ level: 'silent' });
const CANCEL = orderFlow.nodes.find(({ name }) => name === 'cancel') as FlowNode;
const ENVIRONMENT = `rebuild-test-${randomUUID()}`;
let redis: Redis;
let kafka: Kafka;
let codec: Codec;

beforeAll(async () => {
  const { kafkaBrokers, schemaRegistryUrl } = inject('stack');
  redis = await emptyRedisDatabase(13);
  const topics = topicsOf(orderFlow);
  const schemas = { registryUrl: schemaRegistryUrl, subjects: subjectsOf(topics) };
  kafka = connectKafka({ brokers: kafkaBrokers, clientId: 'rebuild-test', log });
  const own = topics.filter(({ name }) => name === CHANGELOG_TOPIC || inputsOf(CANCEL).includes(name));
  await provisionTopics(kafka, own, { partitions: loadConfig({}).partitions, log });
  await registerSchemas(schemas);
  codec = await openCodec(schemas);
});
afterAll(async () => {
  await redis.flushdb();
  await redis.quit();
});

const options = () => ({ kafka, redis, codec, log, nodes: [CANCEL], environment: ENVIRONMENT });

const snapshotOf = (orderId: string, version: number): Buffer =>
  codec.encode('OrderValidated', { ...event('OrderValidated', priced({ orderId }), 'Validated'), version, occurredAt: NOW });

/** Writes a snapshot of the order to the changelog in a transaction of its own. */
async function write(orderId: string, version: number, end: 'commit' | 'abort'): Promise<Buffer> {
  const value = snapshotOf(orderId, version);
  const producer = transactionalProducer(kafka, `rebuild-test-${randomUUID()}`);
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: CHANGELOG_TOPIC, messages: [{ key: `${orderId}#0`, value }] });
  await transaction[end]();
  await producer.disconnect();
  return value;
}

it('what sessions have open when Redis is lost is ended, and cannot be committed after', async () => {
  const [committed, open] = [randomUUID(), randomUUID()];
  await write(committed, 2, 'commit');
  const session = transactionalProducer(kafka, transactionalIdOf(ENVIRONMENT, CANCEL, COMMANDS_TOPIC, 1));
  await session.connect();
  const transaction = await session.transaction();
  await transaction.send({ topic: CHANGELOG_TOPIC, messages: [{ key: `${open}#0`, value: snapshotOf(open, 2) }] });
  await ensureState(options());
  await expect(transaction.commit()).rejects.toSatisfy(isFenced);
  await session.disconnect();
  const state = openRedisState({ redis, log });
  expect((await state.read(committed)).head?.version).toBe(2);
  expect((await state.read(open)).head).toBeNull();
  await redis.flushdb();
});

it('a session that has not begun its transaction yet cannot begin it after', async () => {
  const session = transactionalProducer(kafka, transactionalIdOf(ENVIRONMENT, CANCEL, COMMANDS_TOPIC, 1));
  await session.connect();
  await (await session.transaction()).abort();
  await ensureState(options());
  const late = await session.transaction();
  await expect(late.send({ topic: CHANGELOG_TOPIC, messages: [{ key: `${randomUUID()}#0`, value: Buffer.from('late') }] })).rejects.toSatisfy(isFenced);
  await session.disconnect();
  await redis.flushdb();
});

it('an empty Redis is filled from what is committed to the changelog, once', async () => {
  const [kept, aborted] = [randomUUID(), randomUUID()];
  await write(kept, 2, 'commit');
  const newest = await write(kept, 3, 'commit');
  await write(kept, 4, 'abort');
  await write(aborted, 1, 'abort');
  const summary = await ensureState(options());
  expect(summary?.orders).toBeGreaterThan(0);
  expect(await ensureState(options())).toBeNull();
  const state = openRedisState({ redis, log });
  expect((await state.read(kept)).head).toEqual({ version: 3, status: 'Validated', atRest: false, event: newest });
  expect((await state.read(aborted)).head).toBeNull();
});

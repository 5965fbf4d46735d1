import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Codec, openCodec, registerSchemas } from '../../../schemas/codec.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { loadConfig } from '../../../topology/runtime/config.ts';
import { connectKafka, idempotentProducer, type Kafka, transactionalProducer } from '../../../topology/runtime/kafka.ts';
import { provisionTopics } from '../../../topology/runtime/provision.ts';
import { ensureState } from '../../../topology/runtime/rebuild.ts';
import { openRedisState } from '../../../topology/runtime/redis-state.ts';
import { CHANGELOG_TOPIC, COMMANDS_TOPIC, subjectsOf, topicsOf } from '../../../topology/topics.ts';
import { command, event, NOW, priced } from '../../processors/given.ts';
import { emptyRedisDatabase } from './redis-database.ts';

const log = pino({ level: 'silent' });
let redis: Redis;
let kafka: Kafka;
let codec: Codec;

beforeAll(async () => {
  const { kafkaBrokers, schemaRegistryUrl } = inject('stack');
  redis = await emptyRedisDatabase(13);
  const topics = topicsOf(orderFlow);
  const schemas = { registryUrl: schemaRegistryUrl, subjects: subjectsOf(topics) };
  kafka = connectKafka({ brokers: kafkaBrokers, clientId: 'rebuild-test', log });
  const own = topics.filter(({ name }) => name === CHANGELOG_TOPIC || name === COMMANDS_TOPIC);
  await provisionTopics(kafka, own, { partitions: loadConfig({}).partitions, log });
  await registerSchemas(schemas);
  codec = await openCodec(schemas);
});
afterAll(async () => {
  await redis.flushdb();
  await redis.quit();
});

/** Writes a snapshot of the order to the changelog in a transaction of its own. */
async function write(orderId: string, version: number, end: 'commit' | 'abort'): Promise<Buffer> {
  const value = codec.encode('OrderValidated', {
    ...event('OrderValidated', priced({ orderId }), 'Validated'),
    version,
    occurredAt: NOW,
  });
  const producer = transactionalProducer(kafka, `rebuild-test-${randomUUID()}`);
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: CHANGELOG_TOPIC, messages: [{ key: `${orderId}#0`, value }] });
  await transaction[end]();
  await producer.disconnect();
  return value;
}

/** Where there are commands, transactions may be under way. */
async function writeCommand(orderId: string): Promise<void> {
  const producer = idempotentProducer(kafka);
  await producer.connect();
  await producer.send({ topic: COMMANDS_TOPIC, messages: [{ key: orderId, value: codec.encode('OrderCommand', command({ orderId, kind: 'cancel', cancel: { reason: 'changed plans' } })) }] });
  await producer.disconnect();
}

it('what is committed while the rebuild waits for transactions under way is in it', async () => {
  await redis.flushdb();
  const [before, meanwhile] = [randomUUID(), randomUUID()];
  await writeCommand(before);
  await write(before, 2, 'commit');
  const rebuilding = ensureState({ kafka, redis, codec, log, waitMs: 3_000 });
  await write(before, 3, 'commit');
  await write(meanwhile, 2, 'commit');
  await rebuilding;
  const state = openRedisState({ redis, log });
  expect((await state.read(before)).head?.version).toBe(3);
  expect((await state.read(meanwhile)).head?.version).toBe(2);
  await redis.flushdb();
});

it('an empty Redis is filled from what is committed to the changelog, once', async () => {
  const [kept, aborted] = [randomUUID(), randomUUID()];
  await write(kept, 2, 'commit');
  const newest = await write(kept, 3, 'commit');
  await write(kept, 4, 'abort');
  await write(aborted, 1, 'abort');
  const options = { kafka, redis, codec, log, waitMs: 1 };
  const summary = await ensureState(options);
  expect(summary?.orders).toBeGreaterThan(0);
  expect(await ensureState(options)).toBeNull();
  const state = openRedisState({ redis, log });
  expect((await state.read(kept)).head).toEqual({ version: 3, status: 'Validated', atRest: false, event: newest });
  expect((await state.read(aborted)).head).toBeNull();
});

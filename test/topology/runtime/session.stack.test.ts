import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import type { Ports } from '../../../connectors/ports/index.ts';
import { type Codec, openCodec, registerSchemas } from '../../../schemas/codec.ts';
import type { AnyOrderEvent, OrderReceived } from '../../../schemas/types.ts';
import { processor, type FlowNode } from '../../../topology/define.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { CHANGELOG_TOPIC, groupOf, subjectsOf, topicOf, topicsOf } from '../../../topology/topics.ts';
import { NO_CHAIN, SlowNodes } from '../../../topology/runtime/chain.ts';
import { loadConfig } from '../../../topology/runtime/config.ts';
import { eventIdOf } from '../../../topology/runtime/event-id.ts';
import { connectKafka, type Admin, type EachBatchPayload, type Kafka } from '../../../topology/runtime/kafka.ts';
import { createLog } from '../../../topology/runtime/log.ts';
import { pipelineMetrics } from '../../../topology/runtime/metrics.ts';
import { PartitionSession, type SessionDeps } from '../../../topology/runtime/session.ts';
import type { OrderState } from '../../../topology/runtime/state.ts';
import { committedOffsets, readTopics } from '../../../topology/runtime/topic-reader.ts';
import { openMemoryState, type MemoryState } from '../../driver/memory-state.ts';
import { arbitraryOrder } from '../../schemas/arbitrary-order.ts';
import { makeTopics } from './make-topics.ts';

const INPUT = topicOf('OrderReceived');
const OUTPUT = topicOf('OrderInvalid');
let codec: Codec;
const log = createLog('test', 'silent');
let kafka: Kafka;
let admin: Admin;
let node: FlowNode;
let state: MemoryState;

beforeAll(async () => {
  const schemas = { registryUrl: inject('stack').schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) };
  await registerSchemas(schemas);
  codec = await openCodec(schemas);
  kafka = connectKafka({ brokers: inject('stack').kafkaBrokers, clientId: 'session-test', log });
  admin = kafka.admin();
  await admin.connect();
  const existing = new Set(await admin.listTopics());
  const missing = [INPUT, OUTPUT, CHANGELOG_TOPIC].filter((topic) => !existing.has(topic));
  if (missing.length > 0) await makeTopics(kafka, missing.map((topic) => ({ topic, numPartitions: 6 })));
  await warmUp();
});
afterAll(() => admin?.disconnect());

/** The first transactions on a fresh broker may fail while it sets its coordinators up; a batch is then simply handed over again. */
async function warmUp(): Promise<void> {
  const it = member(openMemoryState(), testNode());
  for (let offset = 0; offset < 20; offset += 1) {
    if ((await it.handle(await received(1, it.state), offset)) === 'taken') return;
  }
  throw new Error('no transaction could be committed');
}

beforeEach(() => {
  state = openMemoryState();
  node = testNode();
});

const testNode = (): FlowNode =>
  processor({
    name: `test-${randomUUID().slice(0, 8)}`, summary: 'refuses every order', on: ['OrderReceived'], emits: ['OrderInvalid'],
    run: ({ order }) => [{ type: 'OrderInvalid', order: { ...order, faults: [] } }],
  });

/** A member of the node's group, as a process has it. */
function member(over: OrderState = state, of: FlowNode = node, asked: Pick<Admin, 'fetchOffsets'> = admin) {
  const metrics = pipelineMetrics(new Registry());
  const seeks: string[] = [];
  const deps: SessionDeps = {
    kafka, admin: asked as Admin, metrics, log, environment: 'test', chain: NO_CHAIN, slow: new SlowNodes(),
    consumer: { seek: ({ offset }: { offset: string }) => void seeks.push(offset) } as unknown as SessionDeps['consumer'],
    services: { state: over, ports: {} as Ports, codec, settings: loadConfig({}).settings, now: Date.now },
    recover: async () => undefined, recoverFrom: async () => false,
  };
  const session = new PartitionSession(of, INPUT, 0, deps);
  return {
    metrics, session, state: over,
    /** Hands a batch over. */
    async hand(orders: OrderReceived[], firstOffset: number, { headers = {}, stale = false }: { headers?: Record<string, string>; stale?: boolean } = {}): Promise<void> {
      const messages = orders.map((event, index) => ({
        key: Buffer.from(event.orderId), value: codec.encode('OrderReceived', event), headers, offset: String(firstOffset + index), timestamp: '0', attributes: 0,
      }));
      const lastOffset = String(firstOffset + orders.length - 1);
      const resolved: string[] = [];
      await session.handle({
        batch: { topic: INPUT, partition: 0, messages, fetchedOffset: String(firstOffset), offsetLag: () => '0', lastOffset: () => lastOffset },
        resolveOffset: (offset: string) => void resolved.push(offset),
        heartbeat: async () => undefined, pause: () => () => undefined, isRunning: () => true, isStale: () => stale,
      } as unknown as EachBatchPayload);
      expect(resolved).toEqual(stale ? [] : [lastOffset]);
    },
    /** Hands a batch over and waits for what comes of it: it is done with, or reading is sent back. */
    async handle(orders: OrderReceived[], firstOffset: number, headers: Record<string, string> = {}): Promise<string> {
      seeks.length = 0;
      await this.hand(orders, firstOffset, { headers });
      await session.atRest();
      return seeks.length === 0 ? 'taken' : `back to ${seeks.join(', ')}`;
    },
  };
}

/** Orders that stand at version 1 in the store. */
async function received(count: number, into: OrderState = state): Promise<OrderReceived[]> {
  return Promise.all(fc.sample(arbitraryOrder(), count).map(async (sample) => {
    const orderId = randomUUID();
    const causationId = randomUUID();
    const order = { ...sample, orderId, interrupts: 0, hold: null };
    const origin = { orderId, causationId, type: 'OrderReceived' as const, version: 1 };
    const event = { ...origin, eventId: eventIdOf(origin), status: 'Received', occurredAt: 1, order };
    await into.complete({
      orderId, step: 'receive:x', fromVersion: 0, clearsMark: false, events: [codec.encode('OrderReceived', event)],
      head: { version: 1, status: 'Received', atRest: false }, timer: null,
    });
    return event;
  }));
}

async function outputsOf(orders: OrderReceived[]): Promise<string[]> {
  const wanted = new Set(orders.map(({ orderId }) => orderId));
  const found: string[] = [];
  await readTopics(kafka, [OUTPUT], async ({ key, value }) => {
    if (!wanted.has(key?.toString() ?? '') || !value) return;
    found.push(((await codec.decode(value)).record as AnyOrderEvent).orderId);
  });
  return found.sort();
}

const committed = async (): Promise<bigint | undefined> => (await committedOffsets(kafka, groupOf(node.name), [INPUT])).get(INPUT)?.get(0);
/** Kafka answers the end of a transaction before the group's offset shows it. */
const expectCommitted = (offset: bigint): Promise<void> => expect.poll(committed, { timeout: 10_000 }).toBe(offset);
const idsOf = (orders: OrderReceived[]): string[] => orders.map(({ orderId }) => orderId).sort();

test('outputs and offset are committed together', async () => {
  const orders = await received(5);
  expect(await member().handle(orders, 10)).toBe('taken');
  expect(await outputsOf(orders)).toEqual(idsOf(orders));
  await expectCommitted(15n);
});

test('a new owner fences the old one, whose later work leaves no trace', async () => {
  const [first, second, third] = [await received(2), await received(2), await received(2)];
  const [old, young] = [member(), member()];
  await old.handle(first, 0);
  expect(await young.handle(second, 2)).toBe('taken');
  expect(await old.handle(third, 4)).toBe('back to 4');
  expect((await old.metrics.fenced.get()).values[0]?.value).toBe(1);
  expect(await outputsOf(third)).toEqual([]);
  await expectCommitted(4n);
  expect(await young.handle(third, 4)).toBe('taken');
  expect(await outputsOf(third)).toEqual(idsOf(third));
});

test('a batch fetched before the predecessor had committed is not processed again: the session seeks to the committed offset', async () => {
  const orders = await received(3);
  await member().handle(orders, 0);
  const late = member();
  const again = await received(3);
  expect(await late.handle(again, 0)).toBe('back to 3');
  expect(await outputsOf(again)).toEqual([]);
});

test('where only markers and aborted records follow the committed offset, reading goes back once and then goes on', async () => {
  await member().handle(await received(2), 0);
  const late = member();
  const orders = await received(2);
  expect(await late.handle(orders, 7)).toBe('back to 2');
  expect(await late.handle(orders, 7)).toBe('taken');
  expect(await outputsOf(orders)).toEqual(idsOf(orders));
  await expectCommitted(9n);
});

test('a chunk whose store was lost while it ran commits nothing; the next try replays its journal', async () => {
  const orders = await received(3);
  let epochs = 0;
  const losing: OrderState = { ...state, epoch: async () => (epochs++ === 1 ? 'another' : state.epoch()) };
  const shaky = member(losing);
  expect(await shaky.handle(orders, 0)).toBe('back to 0');
  expect(await outputsOf(orders)).toEqual([]);
  expect(await committed()).toBeUndefined();
  expect(await shaky.handle(orders, 0)).toBe('taken');
  expect(await outputsOf(orders)).toEqual(idsOf(orders));
  expect((await shaky.metrics.steps.get()).values.find(({ labels }) => labels.outcome === 'replayed')?.value).toBe(3);
});

test('records handed on in memory are passed over: nothing is written, their offset is committed in the plain way', async () => {
  const orders = await received(3);
  const it = member();
  expect(await it.handle(orders, 0, { 'chained-to': node.name })).toBe('taken');
  expect(await outputsOf(orders)).toEqual([]);
  expect(it.session.takePassedOver()).toEqual({ topic: INPUT, partition: 0, offset: '3' });
  expect(it.session.takePassedOver()).toBeNull();
});

test('while a chunk is at work the next batches are taken in, and go into one transaction', async () => {
  const slow = Promise.withResolvers<void>();
  let begun = 0;
  const waiting: OrderState = { ...state, begin: async (...args) => ((begun += 1) === 1 ? slow.promise.then(() => state.begin(...args)) : state.begin(...args)) };
  const it = member(waiting);
  const batches = [await received(1), await received(1), await received(1)];
  const handled = batches.map((orders, index) => it.hand(orders, index));
  await Promise.all(handled);
  slow.resolve();
  await it.session.atRest();
  await expectCommitted(3n);
  const [chunks] = (await it.metrics.chunkRecords.get()).values.filter(({ metricName }) => metricName?.endsWith('_count'));
  expect(chunks?.value).toBe(2);
});

test('what was taken in for an older assignment is not worked on', async () => {
  const slow = Promise.withResolvers<void>();
  const it = member({ ...state, begin: (...args) => slow.promise.then(() => state.begin(...args)) });
  const [first, second] = [await received(1), await received(1)];
  await it.hand(first, 0);
  await it.hand(second, 1);
  it.session.rejoined();
  slow.resolve();
  await it.session.atRest();
  expect(await outputsOf([...first, ...second])).toEqual([]);
  expect(await committed()).toBeUndefined();
});

test('after a rebalance a session knows of its own last commit, though the group does not show it yet', async () => {
  const [first, second] = [await received(2), await received(2)];
  const late: Pick<Admin, 'fetchOffsets'> = {
    fetchOffsets: async (options) => (await admin.fetchOffsets(options)).map((topic) => ({ ...topic, partitions: topic.partitions.map((each) => ({ ...each, offset: '-1' })) })),
  };
  const it = member(state, node, late);
  expect(await it.handle(first, 0)).toBe('taken');
  it.session.rejoined();
  expect(await it.handle(second, 0)).toBe('back to 2');
  expect(await outputsOf(second)).toEqual([]);
  expect(await it.handle(second, 2)).toBe('taken');
  await expectCommitted(4n);
});

test('a batch fetched before reading was sent back is left alone', async () => {
  const it = member();
  const orders = await received(2);
  await it.hand(orders, 5, { stale: true });
  await it.session.atRest();
  expect(await outputsOf(orders)).toEqual([]);
});

test('a batch that comes at the very moment at which the last chunk is done is worked on', async () => {
  const it = member();
  for (let turns = 0; turns < 12; turns += 1) {
    const [first, second] = [await received(1), await received(1)];
    const handed = Promise.withResolvers<void>();
    const trim = state.trim.bind(state);
    // The last that a chunk does; the next batch comes so many turns of the microtask queue later.
    state.trim = async () => {
      state.trim = trim;
      for (let turn = 0; turn < turns; turn += 1) await null;
      it.hand(second, 2 * turns + 1).then(handed.resolve, handed.reject);
    };
    await it.hand(first, 2 * turns);
    await handed.promise;
    await it.session.atRest();
    await expectCommitted(BigInt(2 * turns + 2));
  }
});

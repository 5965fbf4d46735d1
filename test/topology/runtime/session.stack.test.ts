import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import type { Ports } from '../../../connectors/ports/index.ts';
import { memoryCodec } from '../../../schemas/codec.ts';
import type { AnyOrderEvent, OrderReceived } from '../../../schemas/types.ts';
import { processor, type FlowNode } from '../../../topology/define.ts';
import { CHANGELOG_TOPIC, groupOf, topicOf } from '../../../topology/topics.ts';
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

const INPUT = topicOf('OrderReceived');
const OUTPUT = topicOf('OrderInvalid');
const codec = memoryCodec();
const log = createLog('test', 'silent');
let kafka: Kafka;
let admin: Admin;
let node: FlowNode;
let state: MemoryState;

beforeAll(async () => {
  kafka = connectKafka({ brokers: inject('stack').kafkaBrokers, clientId: 'session-test', log });
  admin = kafka.admin();
  await admin.connect();
  const existing = new Set(await admin.listTopics());
  const missing = [INPUT, OUTPUT, CHANGELOG_TOPIC].filter((topic) => !existing.has(topic));
  if (missing.length > 0) await admin.createTopics({ topics: missing.map((topic) => ({ topic, numPartitions: 6 })), waitForLeaders: true });
  await warmUp();
});
afterAll(() => admin?.disconnect());

/** The first transactions on a fresh broker may fail while it sets its coordinators up; a batch is then simply handed over again. */
async function warmUp(): Promise<void> {
  const it = member(openMemoryState(), testNode());
  for (let offset = 0; offset < 20; offset += 1) {
    if ((await it.handle(await received(1, it.state), offset)).length > 0) return;
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

/** A member of the node's group, as a process has it; `seeks` is what it asked its consumer for. */
function member(over: OrderState = state, of: FlowNode = node) {
  const metrics = pipelineMetrics(new Registry());
  const seeks: string[] = [];
  const deps: SessionDeps = {
    kafka, admin, metrics, log, environment: 'test', chain: NO_CHAIN, slow: new SlowNodes(),
    consumer: { seek: ({ offset }: { offset: string }) => void seeks.push(offset) } as unknown as SessionDeps['consumer'],
    services: { state: over, ports: {} as Ports, codec, settings: loadConfig({}).settings, now: Date.now },
    recover: async () => undefined, recoverFrom: async () => false,
  };
  const session = new PartitionSession(of, INPUT, 0, deps);
  return {
    metrics, seeks, session, state: over,
    /** Hands a batch over; answers the offsets resolved. */
    async handle(orders: OrderReceived[], firstOffset: number, headers: Record<string, string> = {}): Promise<string[]> {
      const resolved: string[] = [];
      const messages = orders.map((event, index) => ({
        key: Buffer.from(event.orderId), value: codec.encode('OrderReceived', event), headers, offset: String(firstOffset + index), timestamp: '0', attributes: 0,
      }));
      await session.handle({
        batch: { topic: INPUT, partition: 0, messages, fetchedOffset: String(firstOffset), offsetLag: () => '0' },
        resolveOffset: (offset: string) => void resolved.push(offset),
        heartbeat: async () => undefined, pause: () => () => undefined, isRunning: () => true, isStale: () => false,
      } as unknown as EachBatchPayload);
      return resolved;
    },
  };
}

/** Orders that stand at version 1 in the store. */
async function received(count: number, into: OrderState = state): Promise<OrderReceived[]> {
  return Promise.all(fc.sample(arbitraryOrder(), count).map(async (sample) => {
    const orderId = randomUUID();
    const causationId = randomUUID();
    const order = { ...sample, orderId, interrupts: 0, hold: null };
    const event = { type: 'OrderReceived' as const, eventId: eventIdOf(causationId, 'OrderReceived', 1), orderId, version: 1, status: 'Received', occurredAt: 1, causationId, order };
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
const idsOf = (orders: OrderReceived[]): string[] => orders.map(({ orderId }) => orderId).sort();

test('outputs and offset are committed together, and only then the batch is resolved', async () => {
  const orders = await received(5);
  expect(await member().handle(orders, 10)).toEqual(['14']);
  expect(await outputsOf(orders)).toEqual(idsOf(orders));
  expect(await committed()).toBe(15n);
});

test('a new owner fences the old one, whose later work leaves no trace', async () => {
  const [first, second, third] = [await received(2), await received(2), await received(2)];
  const [old, young] = [member(), member()];
  await old.handle(first, 0);
  expect(await young.handle(second, 2)).toEqual(['3']);
  expect(await old.handle(third, 4)).toEqual([]);
  expect((await old.metrics.fenced.get()).values[0]?.value).toBe(1);
  expect(await outputsOf(third)).toEqual([]);
  expect(await committed()).toBe(4n);
  expect(await young.handle(third, 4)).toEqual(['5']);
  expect(await outputsOf(third)).toEqual(idsOf(third));
});

test('a batch fetched before the predecessor had committed is not processed again: the session seeks to the committed offset', async () => {
  const orders = await received(3);
  await member().handle(orders, 0);
  const late = member();
  const again = await received(3);
  expect(await late.handle(again, 0)).toEqual([]);
  expect(late.seeks).toEqual(['3']);
  expect(await outputsOf(again)).toEqual([]);
});

test('where only markers and aborted records follow the committed offset, reading goes back once and then goes on', async () => {
  await member().handle(await received(2), 0);
  const late = member();
  const orders = await received(2);
  expect(await late.handle(orders, 7)).toEqual([]);
  expect(late.seeks).toEqual(['2']);
  expect(await late.handle(orders, 7)).toEqual(['8']);
  expect(await outputsOf(orders)).toEqual(idsOf(orders));
  expect(await committed()).toBe(9n);
});

test('a chunk whose store was lost while it ran commits nothing; the next try replays its journal', async () => {
  const orders = await received(3);
  let epochs = 0;
  const losing: OrderState = { ...state, epoch: async () => (epochs++ === 1 ? 'another' : state.epoch()) };
  const shaky = member(losing);
  expect(await shaky.handle(orders, 0)).toEqual([]);
  expect(await outputsOf(orders)).toEqual([]);
  expect(await committed()).toBeUndefined();
  expect(await shaky.handle(orders, 0)).toEqual(['2']);
  expect(await outputsOf(orders)).toEqual(idsOf(orders));
  expect((await shaky.metrics.steps.get()).values.find(({ labels }) => labels.outcome === 'replayed')?.value).toBe(3);
});

test('records handed on in memory are passed over: nothing is written, their offset is committed in the plain way', async () => {
  const orders = await received(3);
  const it = member();
  expect(await it.handle(orders, 0, { 'chained-to': node.name })).toEqual(['2']);
  expect(await outputsOf(orders)).toEqual([]);
  expect(it.session.takePassedOver()).toEqual({ topic: INPUT, partition: 0, offset: '3' });
  expect(it.session.takePassedOver()).toBeNull();
});

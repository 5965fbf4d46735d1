import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { demoAirline } from '../../../connectors/demo-airline/index.ts';
import { openRedisInventory } from '../../../connectors/redis-inventory/index.ts';
import { openRedisVelocity } from '../../../connectors/redis-velocity/index.ts';
import { cancelCommand } from '../../../ingress/channels/change-order.ts';
import { placeCommand } from '../../../ingress/channels/place-order.ts';
import { OrderBody } from '../../../ingress/order-body.ts';
import { generateOrders } from '../../../topology/demo/generator.ts';
import { Random } from '../../../topology/demo/random.ts';
import type { FlowNode } from '../../../topology/define.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { FINAL, type OrderStatus } from '../../../topology/order-states.ts';
import { loadConfig } from '../../../topology/runtime/config.ts';
import { RebuildLock, RebuildLockLost } from '../../../topology/runtime/rebuild-lock.ts';
import type { Changelog } from '../../../topology/runtime/kafka-changelog.ts';
import { rebuildFrom, type RebuildOptions, snapshotOf } from '../../../topology/runtime/rebuild.ts';
import { openRedisState } from '../../../topology/runtime/redis-state.ts';
import { EPOCH_KEY, headKey } from '../../../topology/runtime/state-keys.ts';
import { StateLost } from '../../../topology/runtime/state.ts';
import { CHANGELOG_TOPIC } from '../../../topology/topics.ts';
import { type Driver, driver } from '../../driver/driver.ts';
import { memoryKeys } from '../../driver/memory-keys.ts';
import { simulators } from '../../driver/simulators.ts';
import { emptyRedisDatabase } from './redis-database.ts';

const log = { info: () => {}, warn: () => {} };
const START = Date.now();
const HOLD_MS = 900_000;

let live: Redis;
let other: Redis;

beforeAll(async () => {
  live = await emptyRedisDatabase(11);
  other = await emptyRedisDatabase(12);
});
afterAll(async () => {
  for (const redis of [live, other]) {
    await redis.flushdb();
    await redis.quit();
  }
});
beforeEach(async () => {
  await live.flushdb();
  await other.flushdb();
  await live.set(EPOCH_KEY, randomUUID());
});

/** The flow with its state, seats and velocity on Redis, and Kafka and the outside companies in memory. */
function flowOnRedis({ challengePercent = 15 } = {}) {
  const settings = { ...loadConfig({}).settings, holdMs: HOLD_MS };
  const companies = simulators({ now: () => flow.now });
  const keys = memoryKeys();
  const catalogue = demoAirline({ now: () => START });
  const state = openRedisState({ redis: live, log });
  const ports = {
    payment: companies.payment,
    reservation: companies.reservation,
    notification: companies.notification,
    catalogue,
    keys,
    inventory: openRedisInventory({ redis: live, epoch: state.epoch }),
    velocity: openRedisVelocity({ redis: live }),
  };
  const flow: Driver = driver(orderFlow, { ports, state, settings, startAt: START });
  const orders = generateOrders({
    seed: 3,
    catalogue,
    today: new Date(START),
    declinePercent: 10,
    challengePercent,
  });

  return {
    flow,
    /** Puts place commands on their topic; some flights fail, some orders are cancelled, a few before they are placed. */
    async place(count: number): Promise<string[]> {
      const ids: string[] = [];
      for (let at = 0; at < count; at += 1) {
        const orderId = randomUUID();
        const body = OrderBody.parse(orders.next().value.body);
        const special = { 3: 'IA901', 5: 'IA902', 7: 'IA903' }[at % 10];
        for (const item of body.items)
          if (special && item.type === 'flight') Object.assign(item, { flightNumber: special, bookingClass: 'Y' });
        const key = await keys.keyFor(body.customer.customerId);
        const cancel = cancelCommand({ commandId: randomUUID(), orderId, now: START }, 'customer_request');
        if (at % 16 === 8) flow.pipe(cancel);
        flow.pipe(placeCommand(body, { orderId, now: START, key, pepper: 'p' }));
        if (at % 12 === 11) flow.pipe(cancel);
        ids.push(orderId);
      }
      return ids;
    },
    cancel(orderId: string): void {
      flow.pipe(cancelCommand({ commandId: randomUUID(), orderId, now: START }, 'changed plans'));
    },
    /** Lets nodes chosen at random take some records. */
    async work(records: number, seed: number): Promise<void> {
      const random = new Random(seed);
      for (let done = 0, idle = 0; done < records && idle < 500; ) {
        if (await again(() => flow.runOne(random.pick(orderFlow.nodes)))) [done, idle] = [done + 1, 0];
        else idle += 1;
      }
    },
  };
}

/** A step that meets another epoch than it knew is run again, as the runtime does; every order may find out for itself. */
async function again<Value>(run: () => Promise<Value>): Promise<Value> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof StateLost) || tries === 100) throw error;
    }
  }
}

function kindOf(key: string, text: string): string {
  if (key.startsWith('{ord:')) return key.slice(key.lastIndexOf(':') + 1);
  if (key.startsWith('{inv:')) return key.includes(':orders ') ? (text.split(' ')[0] as string) : 'counter';
  return key.startsWith('vel:') ? 'velocity' : 'timer';
}

/** The changelog as the driver has written it, in an order that compaction or partitions might give. */
function changelogOf(flow: Driver): Changelog {
  return {
    async read(onRecord) {
      for (const { key, value } of [...flow.records(CHANGELOG_TOPIC)].reverse()) await onRecord(String(key), value);
    },
  };
}

/** The same in an order that no log would give. */
function shuffledChangelogOf(flow: Driver, seed: number): Changelog {
  const random = new Random(seed);
  const shuffled = flow.records(CHANGELOG_TOPIC).map((record) => ({ record, at: random.next() })).sort((one, other) => one.at - other.at);
  return {
    async read(onRecord) {
      for (const { record } of shuffled) await onRecord(String(record.key), record.value);
    },
  };
}

const NO_CHANGELOG: Changelog = { read: async () => {} };
const optionsFor = (redis: Redis, flow?: Driver): RebuildOptions => ({
  redis,
  codec: flow?.codec ?? (undefined as never),
  log,
});

describe('rebuild', () => {
  it('gives what Redis holds, at any moment of the flow', async () => {
    const { flow, place, cancel, work } = flowOnRedis();
    const ids = await place(60);
    const seen = new Set<string>();
    for (let seed = 1; seed <= 10; seed += 1) {
      for (const id of ids.slice(5 * seed, 5 * seed + 5)) cancel(id);
      await work(70, seed);
      const summary = await rebuildFrom(changelogOf(flow), optionsFor(other, flow));
      expect(summary?.orders).toBeGreaterThan(0);
      const snapshot = await snapshotOf(live);
      expect(await snapshotOf(other)).toEqual(snapshot);
      for (const [key, text] of snapshot) seen.add(kindOf(key, text));
    }
    expect([...seen].sort()).toEqual(['counter', 'head', 'held', 'mark', 'released', 'sold', 'timer', 'velocity']);
    await flow.run();
    await flow.advance(HOLD_MS + 1);
    await rebuildFrom(changelogOf(flow), optionsFor(other, flow));
    expect(await snapshotOf(other)).toEqual(await snapshotOf(live));
  });

  it('gives the same whatever comes first, and however little is written at a time', async () => {
    const { flow, place, cancel, work } = flowOnRedis();
    const ids = await place(40);
    for (let seed = 21; seed <= 25; seed += 1) {
      for (const id of ids.slice(4 * (seed - 21), 4 * (seed - 20))) cancel(id);
      await work(80, seed);
      const batchBytes = seed % 2 ? 1 : 5_000;
      await rebuildFrom(shuffledChangelogOf(flow, seed), { ...optionsFor(other, flow), batchBytes });
      expect(await snapshotOf(other)).toEqual(await snapshotOf(live));
    }
  });

  it('knows the seats of orders that ended long ago, whatever came first', async () => {
    const { flow, place, cancel } = flowOnRedis();
    const ids = await place(40);
    await flow.run();
    for (const id of ids.slice(0, 10)) cancel(id);
    await flow.run();
    const later = START + 8 * 86_400_000;
    const options = { ...optionsFor(other, flow), now: () => later };
    const whole = await rebuildFrom(changelogOf(flow), options);
    const expected = await snapshotOf(other, later);
    expect([...expected.keys()].some((key) => key.includes(':orders ') && expected.get(key) === 'released')).toBe(true);
    expect([...expected.values()].some((text) => / Cancelled /.test(text))).toBe(false);
    for (const seed of [31, 32]) {
      const piecemeal = await rebuildFrom(shuffledChangelogOf(flow, seed), { ...options, batchBytes: 1 });
      expect(await snapshotOf(other, later)).toEqual(expected);
      expect(piecemeal).toMatchObject({ heads: whole?.heads, timers: whole?.timers, flights: whole?.flights, orders: whole?.orders });
    }
  });

  it('lets the flow go on as if nothing had been lost', async () => {
    const { flow, place, work } = flowOnRedis();
    const ids = await place(40);
    for (let seed = 11; seed <= 14; seed += 1) {
      await work(60, seed);
      await live.flushdb();
      await rebuildFrom(changelogOf(flow), optionsFor(live, flow));
    }
    await again(() => flow.run());
    await flow.advance(HOLD_MS + 1);
    for (const id of ids) {
      const events = await flow.events(id);
      expect(FINAL.has(events.at(-1)?.status as OrderStatus)).toBe(true);
      expect(events.map(({ version }) => version)).toEqual(events.map((_, at) => at + 1));
    }
    expect(orderFlow.nodes.flatMap(({ name }) => flow.deadLetters(name))).toEqual([]);
    await rebuildFrom(changelogOf(flow), optionsFor(other, flow));
    expect(await snapshotOf(other)).toEqual(await snapshotOf(live));
  });

  it('brings back the events that a cancel overtook before they were committed', async () => {
    const { flow, place, cancel } = flowOnRedis({ challengePercent: 100 });
    const [orderId] = (await place(1)) as [string];
    const takeThrough = async (...names: string[]): Promise<void> => {
      for (const name of names) await flow.runOne(orderFlow.nodes.find((node) => node.name === name) as FlowNode);
    };
    flow.crashOnce('charge');
    await takeThrough('receive', 'validate', 'score-fraud', 'hold', 'charge');
    cancel(orderId);
    await takeThrough('cancel', 'cancel');
    const types = async (): Promise<string[]> => (await flow.events(orderId)).map(({ type }) => type);
    expect((await types()).slice(-2)).toEqual(['InventoryHeld', 'CancelRequested']);
    await live.flushdb();
    await rebuildFrom(shuffledChangelogOf(flow, 41), optionsFor(live, flow));
    await again(() => flow.run());
    expect((await types()).slice(-5)).toEqual(['InventoryHeld', 'PaymentChallenged', 'CancelRequested', 'VoidRequested', 'OrderCancelled']);
  });

  it('keeps a cancel that came too late for steps which are lost before they are committed', async () => {
    const { flow, place, cancel } = flowOnRedis();
    const refused = (await place(6)).at(-1) as string;
    const take = async (name: string, records: number): Promise<void> => {
      for (let taken = 0; taken < records; taken += 1) await flow.runOne(orderFlow.nodes.find((node) => node.name === name) as FlowNode);
    };
    await take('receive', 6);
    await take('validate', 5);
    flow.crashOnce('validate');
    await take('validate', 1);
    expect(await live.hget(headKey(refused), 's')).toBe('Invalid');
    cancel(refused);
    await take('cancel', 7);
    await live.flushdb();
    await rebuildFrom(shuffledChangelogOf(flow, 43), optionsFor(live, flow));
    await again(() => flow.run());
    const types = (await flow.events(refused)).map(({ type }) => type);
    expect(types).toContain('CancelRequested');
    expect(types).not.toContain('OrderInvalid');
  });

  it('is done once by many who ask at the same time', async () => {
    await live.del(EPOCH_KEY);
    const connections = await Promise.all(Array.from({ length: 5 }, () => live.duplicate()));
    const outcomes = await Promise.all(connections.map((redis) => rebuildFrom(NO_CHANGELOG, optionsFor(redis))));
    const done = outcomes.filter((outcome) => outcome !== null);
    expect(done).toHaveLength(1);
    expect(await live.get(EPOCH_KEY)).toBe(done[0]?.epoch);
    expect(await live.keys('*')).toEqual([EPOCH_KEY]);
    await Promise.all(connections.map((redis) => redis.quit()));
  });

  it('throws away what was there, and only that', async () => {
    await live.mset('{ord:x}:head', 'old', 'vel:token:1', 'old', '{inv:IA1:2099-01-01}', 'old', 'foreign', 'kept');
    await rebuildFrom(NO_CHANGELOG, optionsFor(live));
    expect((await live.keys('*')).sort()).toEqual(['foreign', EPOCH_KEY].sort());
  });

  it('leaves Redis without an epoch when it fails, and nobody waiting for its lock', async () => {
    const broken: Changelog = { read: () => Promise.reject(new Error('no broker')) };
    await expect(rebuildFrom(broken, optionsFor(live))).rejects.toThrow('no broker');
    expect(await live.get(EPOCH_KEY)).toBeNull();
    expect(await rebuildFrom(NO_CHANGELOG, optionsFor(live))).toMatchObject({ orders: 0 });
  });

  it('writes nothing once its lock has gone to another', async () => {
    const lock = await RebuildLock.acquire(live);
    expect(await RebuildLock.acquire(live)).toBeNull();
    await live.del('rebuild-lock');
    const successor = await RebuildLock.acquire(live);
    await expect(lock!.write([['SET', EPOCH_KEY, 'stale']])).rejects.toBeInstanceOf(RebuildLockLost);
    expect(await live.get(EPOCH_KEY)).not.toBe('stale');
    await lock!.release();
    await successor!.write([['SET', EPOCH_KEY, 'fresh']]);
    expect(await live.get(EPOCH_KEY)).toBe('fresh');
    await successor!.release();
    expect(await live.exists('rebuild-lock')).toBe(0);
  });
});

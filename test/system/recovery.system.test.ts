import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Codec, openCodec } from '../../schemas/codec.ts';
import type { OrderCommand } from '../../schemas/types.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { type CommandProducer, openCommandProducer } from '../../topology/runtime/command-producer.ts';
import { headerText } from '../../topology/runtime/headers.ts';
import { connectKafka, type Kafka, withAdmin } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import { headKey } from '../../topology/runtime/state-keys.ts';
import { type ReadRecord, readTopics } from '../../topology/runtime/topic-reader.ts';
import { COMMANDS_TOPIC, groupOf, retryTopicOf, subjectsOf, topicOf, topicsOf } from '../../topology/topics.ts';
import { Api, orderBody } from './api.ts';
import { commitAsNoMember } from './group-offsets.ts';
import { Installation } from './installation.ts';
import { expectOk, verdictOf } from './verification.ts';

const OTHERS = orderFlow.nodes.map(({ name }) => name).filter((name) => name !== 'notify');
const NOTIFY = ['topology/cli.ts', 'run', 'notify'];
const NOBODY = { code: 2, stdout: '' };

let installation: Installation;
let api: Api;
let kafka: Kafka;
let codec: Codec;
let producer: CommandProducer;
let redis: Redis;

/** Deadlines of a second or two, so that orders that stand still are found while a test waits. */
beforeAll(async () => {
  const env = { IAROS_LOG_LEVEL: 'warn', IAROS_ORDER_TIMEOUT_MS: '200', IAROS_STUCK_POLL_MS: '500' };
  installation = await Installation.start({ ...inject('system'), without: ['all'], env });
  await Promise.all([installation.run('others', ['topology/cli.ts', 'run', ...OTHERS]), installation.run('notify', NOTIFY)]);
  api = new Api(installation.url);
  const log = createLog('test', 'error');
  kafka = connectKafka({ brokers: installation.config.kafkaBrokers, clientId: 'test', log });
  codec = await openCodec({ registryUrl: installation.config.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
  producer = await openCommandProducer(kafka, { log });
  redis = new Redis(installation.config.redisUrl);
});
afterAll(async () => {
  redis?.disconnect();
  await producer?.close();
  await installation?.stop();
});

async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await installation.iaros(...args);
  expect({ args, code, stderr }).toMatchObject({ code: 0 });
  return stdout.trimEnd();
}

interface Letter {
  id: string;
  code: string;
  orderId: string | null;
  state: string;
}
const letters = async (...filter: string[]): Promise<Letter[]> => JSON.parse(await printed('dlq', 'list', ...filter, '--json'));

/** Waits for the open dead letter of an order. */
async function letterOf(orderId: string, node: string): Promise<Letter> {
  let found: Letter[] = [];
  await expect.poll(async () => (found = await letters(node, '--order', orderId)).length, { timeout: 60_000, interval: 500 }).toBe(1);
  return found[0] as Letter;
}

/** The place command of an order as it went to Kafka, under another order's id. */
async function commandLike(orderId: string, change: Partial<OrderCommand>): Promise<OrderCommand> {
  let found: ReadRecord | undefined;
  await readTopics(kafka, [COMMANDS_TOPIC], (record) => void (record.key?.toString() === orderId && (found = record)));
  const { record } = await codec.decode(found?.value as Buffer);
  return { ...(record as OrderCommand), commandId: randomUUID(), ...change };
}

const publish = (command: OrderCommand): Promise<void> =>
  producer.publish({ topic: COMMANDS_TOPIC, key: command.orderId, value: codec.encode('OrderCommand', command), headers: { ce_id: command.commandId } });

describe('iaros dlq', () => {
  let placed: string;
  beforeAll(async () => {
    placed = (await api.place(orderBody())).orderId;
  });

  test('a command that is too old starts no order; edited, it does, under an id of its own and only once', async () => {
    const orderId = `old-${randomUUID()}`;
    const command = await commandLike(placed, { orderId, issuedAt: Date.now() - 7.5 * 86_400_000 });
    await publish(command);
    const { id, code } = await letterOf(orderId, 'receive');
    expect(code).toBe('too_old');
    expect(await printed('dlq', 'replay', id, '--dry-run')).toMatch(/fails +the command is too old to start an order/);
    expect(await installation.iaros('dlq', 'edit', id, '--set', 'place.currency=EUR')).toMatchObject({ ...NOBODY, stderr: expect.stringMatching(/^iaros: the command was issued at .* set issuedAt\n$/) });
    const issuedAt = `issuedAt=${Date.now()}`;
    expect(await installation.iaros('dlq', 'edit', id, '--set', issuedAt, '--set', 'place.currency=???')).toMatchObject({
      ...NOBODY, stderr: expect.stringMatching(/^iaros: the order would be Invalid: .*unsupported_currency at \/currency.*\n$/),
    });
    expect(await installation.iaros('dlq', 'edit', id, '--set', 'issuedAt=soon')).toMatchObject({ ...NOBODY, stderr: 'iaros: OrderCommand does not fit its schema at issuedAt\n' });
    expect(await printed('dlq', 'edit', id, '--set', issuedAt, '--reason', 'was held up', '--as', 'ada')).toMatch(/^receive\/0\/\d+ edited and replayed as [0-9a-f-]{36}$/);
    await api.arrived(orderId);
    expect((await api.until(orderId, ({ status }) => status === 'Fulfilled')).version).toBe(9);
    expect(await letters('receive', '--order', orderId)).toEqual([]);
    expect(await letters('receive', '--order', orderId, '--all')).toMatchObject([{ id, state: 'edited', handledBy: 'ada' }]);
    expect(await installation.iaros('dlq', 'edit', id, '--set', issuedAt)).toMatchObject({ ...NOBODY, stderr: expect.stringMatching(/was edited by ada at /) });
    const [edited] = await recordsOf(COMMANDS_TOPIC, (record) => headerText(record.headers, 'x-edited-from') === id);
    expect(headerText(edited?.headers, 'x-parent-id')).toBe(command.commandId);
    expect(headerText(edited?.headers, 'ce_id')).not.toBe(command.commandId);
  });

  test('an unreadable letter can be shown, replayed in vain, replaced by a whole record, and discarded', async () => {
    const noise = `noise-${randomUUID()}`;
    await producer.publish({ topic: COMMANDS_TOPIC, key: noise, value: Buffer.concat([Buffer.from([1]), randomBytes(63)]), headers: {} });
    const first = await letterOf(noise, 'receive');
    expect(await printed('dlq', 'show', first.id)).toContain('its content cannot be decoded');
    expect(await printed('dlq', 'replay', first.id)).toBe('1 dead letter replayed');
    const second = await letterOf(noise, 'receive');
    expect(second.id).not.toBe(first.id);
    expect(await installation.iaros('dlq', 'replay', first.id)).toMatchObject({ ...NOBODY, stderr: expect.stringContaining(`${first.id} was replayed by`) });
    expect(await installation.iaros('dlq', 'edit', second.id, '--set', 'orderId=x')).toMatchObject({ ...NOBODY, stderr: expect.stringContaining('cannot be decoded, so single values cannot be set') });
    const orderId = `new-${randomUUID()}`;
    const file = join(installation.dataDir, 'fixed.json');
    writeFileSync(file, JSON.stringify(await commandLike(placed, { orderId })));
    expect(await printed('dlq', 'edit', second.id, '--file', file)).toMatch(/edited and replayed as/);
    await api.arrived(orderId);
    await api.until(orderId, ({ status }) => status === 'Fulfilled');

    await producer.publish({ topic: COMMANDS_TOPIC, key: noise, value: randomBytes(4), headers: {} });
    const third = await letterOf(noise, 'receive');
    expect(await installation.iaros('dlq', 'discard', third.id)).toEqual({ ...NOBODY, stderr: 'iaros: say why: --reason "..."\n' });
    expect(await printed('dlq', 'discard', third.id, '--reason', 'line noise', '--as', 'grace')).toBe('1 dead letter discarded');
    expect(await letters('receive', '--order', noise)).toEqual([]);
    expect(await printed('dlq', 'list', 'receive', '--order', noise, '--all')).toContain('discarded by grace: line noise');
  });

  test('content is shown with personal data sealed; counts by node and code', async () => {
    const orderId = `shown-${randomUUID()}`;
    await publish(await commandLike(placed, { orderId, issuedAt: 0 }));
    const { id } = await letterOf(orderId, 'receive');
    const shown = JSON.parse(await printed('dlq', 'show', id, '--json'));
    expect(shown).toMatchObject({ id, state: 'open', record: 'OrderCommand', content: { orderId }, replay: { topic: COMMANDS_TOPIC, effect: 'fails' } });
    expect(JSON.stringify(shown)).not.toMatch(/@example\.com|Lovelace/);
    expect(JSON.parse(await printed('dlq', 'list', '--counts', '--json', '--order', orderId))).toEqual([{ node: 'receive', code: 'too_old', letters: 1 }]);
    await printed('dlq', 'discard', '--order', orderId, '--reason', 'a test');
  });

  test('all of it is in the audit log', async () => {
    const entries = JSON.parse(await printed('audit', '--json', '--since', '1h')) as { sequence: number; actor: string; action: string; reason: string; beforeHash: string; afterHash: string }[];
    expect(entries.slice(-5).map(({ action }) => action)).toEqual(['edited', 'replayed', 'edited', 'discarded', 'discarded']);
    expect(entries.at(-5)).toMatchObject({ actor: 'ada', reason: 'was held up', beforeHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, at) => (entries[0]?.sequence ?? 0) + at));
    expect(await printed('audit')).toContain('was held up');
    expect(await printed('audit', '--since', '2100-01-01')).toBe('nothing was done');
  });

  test.concurrent.each([
    [['dlq', 'list', 'nosuch'], /^iaros: no node is named nosuch; there are: receive, validate, .*\n$/],
    [['dlq', 'list', '--since', 'yesterday'], /^iaros: yesterday is no time: .*\n$/],
    [['dlq', 'show', 'receive'], /^iaros: receive is no dead letter: .*\n$/],
    [['dlq', 'show', 'receive/0/987654321'], /^iaros: receive has no dead letter at offset 987654321; .*\n$/],
    [['dlq', 'replay'], /^iaros: say which: .*\n$/],
    [['dlq', 'edit', 'receive/0/0'], /^iaros: give either --set path=value or --file .*\n$/],
    [['dlq', 'edit', 'receive/0/0', '--file', '/nowhere.json'], /^iaros: \/nowhere\.json cannot be read as JSON: .*\n$/],
    [['dlq', 'frobnicate'], /unknown command/],
  ])('%j is refused in one sentence', async (args, sentence) => {
    expect(await installation.iaros(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
  });
});

async function recordsOf(topic: string, matches: (record: ReadRecord) => boolean): Promise<ReadRecord[]> {
  const found: ReadRecord[] = [];
  await readTopics(kafka, [topic], (record) => void (matches(record) && found.push(record)));
  return found;
}

interface Still {
  order: string;
  state: string;
  why: string;
}
const still = async (): Promise<Still[]> => JSON.parse(await printed('stuck', '--json'));

/** An order whose newest event its node will never see: the group's position was moved past it. */
async function passedOver(): Promise<string> {
  await installation.remove('notify', 'SIGTERM');
  const { orderId } = (await api.post(orderBody())).body;
  await api.until(orderId, ({ status }) => status === 'Confirmed');
  const topic = topicOf('OrderConfirmed');
  const ends = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  await commitAsNoMember(kafka, groupOf('notify'), topic, ends.map(({ partition, high }) => ({ partition, offset: high })));
  return orderId;
}

describe('orders that stand still', () => {
  test('an event lost from its node’s sight is handed over again, and the order ends', async () => {
    const orderId = await passedOver();
    await installation.run('notify', NOTIFY);
    await api.until(orderId, ({ status }) => status === 'Fulfilled');
    // The line is written once the drive is on record, by which time the order may have ended.
    await expect.poll(() => readFileSync(join(installation.dataDir, 'logs', 'others.log'), 'utf8'), { timeout: 10_000 }).toMatch(new RegExp(`${orderId}.*a stuck order is driven on`));
    await expect.poll(async () => (await still()).filter(({ order }) => order === orderId), { timeout: 30_000 }).toEqual([]);
  });

  test('one that nothing moves becomes a dead letter; with its cause mended, a replay ends it', async () => {
    const orderId = await passedOver();
    await redis.hincrby(headKey(orderId), 'v', 1);
    await installation.run('notify', NOTIFY);
    const { id, code } = await letterOf(orderId, 'notify');
    expect(code).toBe('stuck');
    expect(await still()).toMatchObject([{ order: orderId, state: 'parked', why: expect.stringContaining('handed to notify 3 more times') }]);
    expect(await printed('order', orderId)).toContain(`dead letter ${id} (stuck): the order stood at Confirmed, after OrderConfirmed`);
    expect(await printed('dlq', 'replay', id, '--dry-run')).toMatch(/no-op +the order is at version 9/);
    await redis.hincrby(headKey(orderId), 'v', -1);
    expect(await printed('dlq', 'replay', id)).toBe('1 dead letter replayed');
    await api.until(orderId, ({ status }) => status === 'Fulfilled');
    await expect.poll(still, { timeout: 30_000 }).toEqual([]);
  });
});

const fault = (method: 'POST' | 'DELETE', system: string): Promise<Response> =>
  method === 'POST'
    ? fetch(`${installation.config.sandboxUrl}/faults`, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ system, mode: 'down' }) })
    : fetch(`${installation.config.sandboxUrl}/faults?system=${system}`, { method });

/** Waits until every order has been put off by the node so often. */
async function putOff(node: string, orders: readonly string[], times: number): Promise<void> {
  await expect.poll(async () => {
    const records = await recordsOf(retryTopicOf(node), ({ key }) => orders.includes(String(key)));
    return orders.map((order) => Math.max(0, ...records.filter(({ key }) => String(key) === order).map(({ headers }) => Number(headerText(headers, 'x-attempts')))));
  }, { timeout: 60_000, interval: 500 }).toSatisfy((attempts: number[]) => attempts.every((count) => count >= times));
}

test('orders wait for companies that are away, are neither driven nor given up on, and go on by themselves', async () => {
  for (const system of ['payment', 'reservation', 'notification']) expect((await fault('POST', system)).ok).toBe(true);
  const orders = await Promise.all([1, 2, 3].map(async () => (await api.post(orderBody())).body.orderId));
  const [cancelled, ...kept] = orders as [string, ...string[]];
  await putOff('charge', orders, 3);
  const waiting = await still();
  expect(waiting.map(({ order }) => order).sort()).toEqual([...orders].sort());
  for (const { state, why } of waiting) expect([state, why]).toEqual(['waiting', 'in internal.retry.charge.v1: charge tries again']);
  expect(await api.cancel(cancelled)).toBe(202);
  await fault('DELETE', 'payment');
  await putOff('ticket', kept, 2);
  await fault('DELETE', 'reservation');
  await putOff('notify', kept, 2);
  await fault('DELETE', 'notification');
  for (const orderId of kept) await api.until(orderId, ({ status }) => status === 'Fulfilled');
  await api.until(cancelled, ({ status }) => status === 'Cancelled' || status === 'Refunded');
  for (const orderId of orders) expect(await letters('--order', orderId, '--all')).toEqual([]);
});

test('all stores agree after all of this', async () => {
  expectOk(await verdictOf(installation));
});

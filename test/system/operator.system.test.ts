import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { orderFlow } from '../../topology/order-flow.ts';
import { connectKafka, type Kafka } from '../../topology/runtime/kafka.ts';
import { type CommandProducer, openCommandProducer } from '../../topology/runtime/command-producer.ts';
import { createLog } from '../../topology/runtime/log.ts';
import { type ReadRecord, readTopics } from '../../topology/runtime/topic-reader.ts';
import { COMMANDS_TOPIC, deadLetterTopicOf, topicOf } from '../../topology/topics.ts';
import { Api, orderBody } from './api.ts';
import { freePort, Installation } from './installation.ts';
import { expectOk, verdictOf } from './verification.ts';

const OTHERS = orderFlow.nodes.map(({ name }) => name).filter((name) => name !== 'notify');
const NOTIFY = ['topology/cli.ts', 'run', 'notify'];
const COLUMNS = 120;

let installation: Installation;
let api: Api;
let kafka: Kafka;
let producer: CommandProducer;

beforeAll(async () => {
  installation = await Installation.start({ ...inject('system'), without: ['all'], env: { IAROS_LOG_LEVEL: 'warn' } });
  await Promise.all([installation.run('others', ['topology/cli.ts', 'run', ...OTHERS]), installation.run('notify', NOTIFY)]);
  api = new Api(installation.url);
  const log = createLog('test', 'error');
  kafka = connectKafka({ brokers: installation.config.kafkaBrokers, clientId: 'test', log });
  producer = await openCommandProducer(kafka, { log });
});
afterAll(async () => {
  await producer?.close();
  await installation?.stop();
});

/** Runs a command that has to succeed; answers what it printed. */
async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await installation.iaros(...args);
  expect({ args, code, stderr }).toMatchObject({ code: 0 });
  return stdout.trimEnd();
}

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

describe('iaros topology', () => {
  test('as a table: every node, what it takes and emits, on one screen', async () => {
    const table = await printed('topology');
    for (const { name, emits } of orderFlow.nodes) for (const word of [name, ...emits]) expect(table).toContain(word);
    expect(widest(table)).toBeLessThanOrEqual(COLUMNS);
  });

  test('as JSON and as a Mermaid diagram', async () => {
    const nodes = JSON.parse(await printed('topology', '--format', 'json'));
    expect(nodes).toHaveLength(orderFlow.nodes.length);
    expect(nodes).toContainEqual(expect.objectContaining({
      node: 'validate', takes: ['OrderReceived'], group: 'orders.validate', reads: ['orders.received.v1', 'internal.retry.validate.v1'], writes: ['orders.validated.v1', 'orders.invalid.v1'],
    }));
    expect(await printed('topology', '--format', 'mermaid')).toMatch(/^flowchart LR\n[^]*node_receive -- OrderReceived --> node_validate/);
  });
});

interface EdgeLag {
  reader: string;
  topic: string;
  messages: number;
  seconds: number;
}
const lags = async (): Promise<EdgeLag[]> => JSON.parse(await printed('lag', '--json'));
const waiting = async (): Promise<EdgeLag[]> => (await lags()).filter(({ messages }) => messages > 0);

describe('iaros lag', () => {
  test('is zero for every reader and topic at rest', async () => {
    await api.place(orderBody());
    await expect.poll(waiting, { timeout: 30_000, interval: 500 }).toEqual([]);
    const readers = new Set((await lags()).map(({ reader }) => reader));
    expect([...readers]).toEqual([...orderFlow.nodes.map(({ name }) => name), 'postgres-sink', 'clickhouse-sink']);
    expect(widest(await printed('lag'))).toBeLessThanOrEqual(COLUMNS);
  });

  test('grows in messages and in seconds while a node is stopped, and goes once it runs again', async () => {
    await installation.remove('notify', 'SIGTERM');
    const placed = await Promise.all([1, 2, 3].map(async () => (await api.post(orderBody())).body.orderId));
    for (const orderId of placed) await api.until(orderId, ({ status }) => status === 'Confirmed');
    await expect.poll(waiting, { timeout: 30_000, interval: 500 }).toEqual([{ reader: 'notify', topic: topicOf('OrderConfirmed'), messages: 3, seconds: expect.any(Number) }]);
    const [before] = await waiting();
    const [after] = await waiting();
    expect(before?.seconds).toBeGreaterThan(0);
    expect(after?.seconds).toBeGreaterThan(before?.seconds ?? 0);
    expect(await printed('lag')).toMatch(/^notify +orders\.confirmed\.v1 +3 +\d+(\.\d)?$/m);
    await installation.run('notify', NOTIFY);
    for (const orderId of placed) await api.until(orderId, ({ status }) => status === 'Fulfilled');
    await expect.poll(waiting, { timeout: 30_000, interval: 500 }).toEqual([]);
  });
});

describe('iaros order', () => {
  test('tells the whole story of an order, event by event', async () => {
    const { orderId } = await api.place(orderBody({ flight: 'IA901' }));
    const timeline = await printed('order', orderId);
    const types = [
      'OrderReceived', 'OrderValidated', 'OrderScored', 'InventoryHeld', 'PaymentApproved', 'InventoryConfirmed', 'TicketingFailed', 'RefundRequested', 'OrderRefunded',
    ];
    expect(timeline.split('\n').flatMap((line) => /^ *\d+ +(\w+)/.exec(line)?.[1] ?? [])).toEqual(types);
    expect(timeline).toMatch(new RegExp(`^order ${orderId}  Refunded  \\d+ USD minor units  by web\n`));
    expect(timeline).toMatch(/ 7 +TicketingFailed +TicketingFailed +\d{4}-\d{2}-\d{2} [\d:.]{12} +\d+ +ticket +\d@\d+$/m);
    expect(widest(timeline)).toBeLessThanOrEqual(COLUMNS);
    const events = JSON.parse(await printed('order', orderId, '--json')) as { type: string; version: number; by: string; at: string }[];
    expect(events.map(({ type, version }) => [type, version])).toEqual(types.map((type, at) => [type, at + 1]));
    expect(events[0]).toMatchObject({ by: 'receive', at: expect.stringMatching(/^orders\.received\.v1\/\d+@\d+$/) });
  });

  test('says in one sentence that there is no such order', async () => {
    expect(await installation.iaros('order', 'nosuch')).toEqual({
      code: 1, stdout: '', stderr: 'iaros: there is no order nosuch: Kafka holds no event of it (`iaros dlq list` shows what could not be processed)\n',
    });
  });
});

interface Letter {
  id: string;
  node: string;
  offset: string;
  code: string;
  message: string;
  from: string;
  attempts: number;
}
const letters = async (node: string): Promise<Letter[]> => JSON.parse(await printed('dlq', 'list', node, '--json'));

/** Waits until the node has `count` dead letters; answers the newest. */
async function newestOf(node: string, count: number): Promise<Letter> {
  await expect.poll(async () => (await letters(node)).length, { timeout: 30_000, interval: 500 }).toBe(count);
  return (await letters(node)).at(-1) as Letter;
}

/** A record that was processed long ago, as a dead letter of a node. */
async function bury(node: string, topic: string, orderId: string): Promise<Letter> {
  const before = (await letters(node)).length;
  let found: ReadRecord | undefined;
  await readTopics(kafka, [topic], (record) => void (record.key?.toString() === orderId && (found = record)));
  if (!found) throw new Error(`no record of ${orderId} is on ${topic}`);
  const { key, value, partition, offset } = found;
  await producer.publish({
    topic: deadLetterTopicOf(node), key, value,
    headers: { 'x-orig-topic': topic, 'x-orig-partition': String(partition), 'x-orig-offset': String(offset), 'x-node': node, 'x-error-code': 'trial', 'x-attempts': '1' },
  });
  return newestOf(node, before + 1);
}

describe('iaros dlq', () => {
  test('a record nobody can read is listed with node, reason and origin; replayed, it ends there again', async () => {
    const before = (await letters('receive')).length;
    await producer.publish({ topic: COMMANDS_TOPIC, key: 'noise', value: Buffer.concat([Buffer.from([1]), randomBytes(63)]), headers: {} });
    const letter = await newestOf('receive', before + 1);
    expect(letter).toMatchObject({ node: 'receive', code: 'not_wire_format', attempts: 1, from: expect.stringMatching(/^orders\.commands\.v1\/\d@\d+$/), message: expect.stringMatching(/\w/) });
    const table = await printed('dlq', 'list');
    expect(table).toContain(letter.from);
    expect(table).toContain(letter.message.slice(0, 20));
    expect(widest(table)).toBeLessThanOrEqual(COLUMNS);

    expect(await printed('dlq', 'replay', letter.id, '--dry-run')).toMatch(new RegExp(`^${letter.id} +orders\\.commands\\.v1 +fails +it cannot be decoded`, 'm'));
    expect(await letters('receive')).toHaveLength(before + 1);
    expect(await printed('dlq', 'replay', letter.id)).toBe('1 dead letter replayed');
    await expect.poll(async () => (await letters('receive')).at(-1)?.id, { timeout: 30_000, interval: 500 }).not.toBe(letter.id);
    const again = await newestOf('receive', before + 1);
    expect(again).toMatchObject({ code: 'not_wire_format' });
    expect(again.from).not.toBe(letter.from);
  });

  test.each([['receive', COMMANDS_TOPIC], ['validate', topicOf('OrderReceived')]])('a record of %s that was processed before changes nothing when it is replayed', async (node, topic) => {
    const { orderId } = await api.place(orderBody());
    const story = await printed('order', orderId);
    const { id } = await bury(node, topic, orderId);
    const count = (await letters(node)).length;
    expect(await printed('dlq', 'replay', id, '--dry-run')).toMatch(/no-op +the order is at version 9 \(Fulfilled\)/);
    expect(await printed('dlq', 'replay', id)).toBe('1 dead letter replayed');
    expect(await printed('dlq', 'replay', id, '--again')).toBe('1 dead letter replayed');
    await expect.poll(waiting, { timeout: 30_000, interval: 500 }).toEqual([]);
    expect(await printed('order', orderId)).toBe(story);
    expect(await letters(node)).toHaveLength(count - 1);
  });

  test('says in one sentence what cannot be replayed', async () => {
    expect(await installation.iaros('dlq', 'replay', 'receive/0/987654')).toEqual({
      code: 2, stdout: '', stderr: 'iaros: receive has no dead letter at offset 987654; `iaros dlq list receive` shows those it has\n',
    });
    const event = await bury('postgres-sink', topicOf('OrderReceived'), (await api.place(orderBody())).orderId);
    expect(await installation.iaros('dlq', 'replay', event.id)).toEqual({
      code: 2, stdout: '', stderr: `iaros: dead letters of a sink cannot be replayed (${event.id}): their topics would then hold the same event twice, for every reader\n`,
    });
    expect(await printed('dlq', 'discard', event.id, '--reason', 'a test')).toBe('1 dead letter discarded');
    expect(await installation.iaros('dlq', 'replay', 'nosuch')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^iaros: no node is named nosuch; there are: receive, validate, .*\n$/) });
  });
});

test('iaros rebuild makes Redis anew while orders flow; nothing is lost', async () => {
  const placing = installation.iaros('demo', '--rate', '8', '--count', '120', '--cancel-percent', '5', '--seed', '13');
  const summary = JSON.parse(await printed('rebuild'));
  expect(summary).toMatchObject({ epoch: expect.stringMatching(/^[0-9a-f]{40}:[0-9a-f-]{36}$/), durationMs: expect.any(Number) });
  expect(summary.heads).toBeGreaterThan(0);
  expect(summary.orders).toBeGreaterThanOrEqual(summary.heads);
  const { stdout } = await placing;
  expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toMatchObject({ placed: 120, refused: 0 });
  expectOk(await verdictOf(installation, 90_000));
});

describe.concurrent('a mistake is told in one sentence, and the exit code is 1', () => {
  test('a node that does not exist', async () => {
    const { code, stdout, stderr } = await installation.iaros('run', 'nosuch');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^iaros: no node or sink is named nosuch; there are: all, receive, validate, .*; and of sinks: sinks, postgres-sink, clickhouse-sink\n$/);
  });

  test('a node together with a sink', async () => {
    expect(await installation.iaros('run', 'validate', 'postgres-sink')).toMatchObject({ code: 1, stderr: 'iaros: sinks run in a process of their own, without validate\n' });
  });

  test('a format that does not exist', async () => {
    expect(await installation.iaros('topology', '--format', 'xml')).toEqual({ code: 1, stdout: '', stderr: 'iaros: there is no format xml; there are: table, mermaid, json\n' });
  });

  test.each(['lag', 'verify', 'order any', 'dlq list'])('Kafka cannot be reached: %s', async (command) => {
    const port = await freePort();
    const { code, stdout, stderr } = await withoutKafka(`127.0.0.1:${port}`, command.split(' '));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `iaros: nothing answers for Kafka at 127.0.0.1:${port}. Is the installation running? \`npm start\` starts one here; addresses of another come from the environment\n`,
    );
  });
});

/** Runs the CLI with another address of Kafka. It is ended when it has said nothing for long. */
function withoutKafka(brokers: string, args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const env = { ...process.env, ...installation.env, KAFKA_BROKERS: brokers, NODE_ENV: 'production' };
  return new Promise((resolve) => {
    execFile(process.execPath, ['topology/cli.ts', ...args], { env, timeout: 15_000 }, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { EXAMPLE_ORDER } from '../../ingress/order-body.ts';
import type { OrderView, ReceiptView } from '../../ingress/order-schema.ts';
import { openCodec, type Codec } from '../../schemas/codec.ts';
import type { EventType, Order, OrderCommand } from '../../schemas/types.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { loadConfig } from '../../topology/runtime/config.ts';
import { type CommandProducer, openCommandProducer } from '../../topology/runtime/command-producer.ts';
import { eventHeaders } from '../../topology/runtime/headers.ts';
import { connectKafka } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import { provision } from '../../topology/runtime/provision.ts';
import { tail, type Tail } from '../../topology/runtime/topic-reader.ts';
import { COMMANDS_TOPIC, subjectsOf, topicOf, topicsOf } from '../../topology/topics.ts';
import { jsonOf } from './rig.ts';

const stack = inject('stack');
const log = createLog('test', 'silent');
const kafka = connectKafka({ brokers: stack.kafkaBrokers, clientId: 'ingress-test', log });
const children = new Set<ChildProcess>();

let base: string;
let environment: Record<string, string>;
let ingress: ChildProcess;
let codec: Codec;
let producer: CommandProducer;
let commands: Tail;
let onCommand: (command: OrderCommand, headers: Record<string, unknown>) => void = () => {};

beforeAll(async () => {
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  environment = {
    KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
    REDIS_URL: stack.redisUrl,
    DATABASE_URL: stack.databaseUrl,
    CLICKHOUSE_URL: stack.clickhouseUrl,
    IAROS_PORT: String(port),
    IAROS_MASTER_KEY: Buffer.alloc(32, 'tests only').toString('base64'),
    IAROS_PEPPER: 'a pepper for tests only',
    IAROS_LOG_LEVEL: 'info',
  };
  await provision(loadConfig(environment));
  codec = await openCodec({ registryUrl: stack.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
  producer = await openCommandProducer(kafka, { log });
  commands = await tail(
    kafka,
    [COMMANDS_TOPIC],
    async ({ value, headers }) => {
      if (String(headers.ce_source) !== '/iaros/ingress') return;
      const decoded = await codec.decode(value as Buffer);
      if (decoded.name === 'OrderCommand') onCommand(decoded.record, headers);
    },
    { fromNow: true },
  );
  ingress = start();
  await once(ingress, 'message');
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all([commands?.stop(), producer?.close()]);
});

function start(change: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, ['ingress/main.ts'], {
    env: { PATH: process.env.PATH ?? '', ...environment, ...change },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.stdout?.resume();
  return child;
}

const place = (headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${base}/api/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(EXAMPLE_ORDER),
  });

/** Writes an event of the order as the pipeline would. */
async function happen(order: Order, type: EventType, version: number, status: string): Promise<void> {
  const event = {
    type,
    eventId: `${order.orderId}-${version}`,
    orderId: order.orderId,
    version,
    status,
    occurredAt: Date.now(),
    causationId: 'test',
    order,
  };
  await producer.publish({
    topic: topicOf(type),
    key: order.orderId,
    value: codec.encode(type, event),
    headers: eventHeaders(event, 'test', undefined),
  });
}

describe('the ingress process', () => {
  it('is ready once it has said so', async () => {
    const response = await fetch(`${base}/health/ready`);
    expect(await jsonOf(response)).toMatchObject({
      status: 'ok',
      checks: {
        accepting: { status: 'ok' },
        kafka: { status: 'ok' },
        redis: { status: 'ok' },
        postgres: { status: 'ok' },
      },
    });
  });

  it('puts an accepted order on the log before it answers', async () => {
    const seen: { command: OrderCommand; headers: Record<string, unknown> }[] = [];
    onCommand = (command, headers) => seen.push({ command, headers });
    const response = await place();
    const { orderId } = await jsonOf<ReceiptView>(response);
    expect(response.status).toBe(202);
    await expect.poll(() => seen.map(({ command }) => command.orderId)).toContain(orderId);
    const { command, headers } = seen.find((each) => each.command.orderId === orderId)!;
    expect(command).toMatchObject({ kind: 'place', place: { orderId, customer: { customerId: 'C-1001' } } });
    expect(String(headers.ce_id)).toBe(command.commandId);
    expect(JSON.stringify(command)).not.toMatch(/Lovelace|ada@example/);
    expect((await fetch(`${base}/api/v1/orders/${orderId}`)).status).toBe(200);
  });

  it('answers a waiting caller from the events on Kafka, and shows them in the stream', async () => {
    onCommand = (command) => {
      const order = command.place as Order;
      void happen(order, 'OrderReceived', 1, 'Received').then(() =>
        happen(
          { ...order, faults: [{ code: 'price_changed', pointer: '/expectedTotal', detail: '' }] },
          'OrderInvalid',
          2,
          'Invalid',
        ),
      );
    };
    const response = await place({ prefer: 'wait=20' });
    const body = await jsonOf<OrderView>(response);
    expect(response.status).toBe(201);
    expect(body).toMatchObject({
      status: 'Invalid',
      version: 2,
      customer: { email: 'ada@example.com' },
      faults: [{ code: 'price_changed' }],
    });
    const stream = await fetch(`${base}/api/v1/orders/${body.orderId}/events`);
    expect([...(await stream.text()).matchAll(/^id: (\d+)$/gm)].map(([, id]) => id)).toEqual(['1', '2']);
  });

  it('repeats an answer by its key, after a round through Redis', async () => {
    onCommand = () => {};
    const headers = { 'idempotency-key': `key-${process.pid}-${Date.now()}` };
    const [first, second] = [await place(headers), await place(headers)];
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await second.text()).toBe(await first.text());
  });

  it('says in one sentence that its port is taken, and ends with 1', async () => {
    const other = start();
    let said = '';
    other.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(other, 'exit')) as [number];
    expect(code).toBe(1);
    expect(said.trim()).toBe(
      `Port ${new URL(base).port} is taken: stop what listens there, or set IAROS_PORT to another.`,
    );
  });

  it('says what is missing when it has no secrets', async () => {
    const other = start({ IAROS_MASTER_KEY: '', IAROS_PEPPER: '' });
    let said = '';
    other.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(other, 'exit')) as [number];
    expect(code).toBe(1);
    expect(said).toContain('set IAROS_MASTER_KEY and IAROS_PEPPER');
  });

  it('answers whoever waits, ends streams and exits 0 at SIGTERM', async () => {
    const placed = new Promise<OrderCommand>((resolve) => (onCommand = resolve));
    const waiting = place({ prefer: 'wait=30' });
    const { orderId } = await placed;
    const stream = await fetch(`${base}/api/v1/orders/${orderId}/events`);
    const exited = once(ingress, 'exit');
    ingress.kill('SIGTERM');
    const answered = await waiting;
    expect(answered.status).toBe(202);
    expect(await jsonOf<ReceiptView>(answered)).toMatchObject({ orderId, status: 'Received' });
    expect(await stream.text()).toBe('retry: 2000\n\n');
    expect(await exited).toEqual([0, null]);
    await expect(fetch(`${base}/health/live`)).rejects.toThrow();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { countersKey } from '../../connectors/redis-inventory/flight-key.ts';
import { headKey } from '../../topology/runtime/state-keys.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { openCommandProducer } from '../../topology/runtime/command-producer.ts';
import { connectKafka, type Kafka, withAdmin } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import { provisionTopics } from '../../topology/runtime/provision.ts';
import { readTopics } from '../../topology/runtime/topic-reader.ts';
import { AUDIT_TOPIC, COMMANDS_TOPIC, deadLetterTopicOf, topicOf, topicsOf } from '../../topology/topics.ts';
import { Api, orderBody, travelDate } from './api.ts';
import { Installation } from './installation.ts';
import { expectOk, verdictOf } from './verification.ts';

const DATE = travelDate(37);
/** An offset no record of this stack ever has: marks the row put in by hand. */
const FORGED_OFFSET = 999_999_999;

let installation: Installation;
let postgres: pg.Pool;
let clickhouse: ClickHouseClient;
let redis: Redis;
let ledger: DatabaseSync;
let orderId: string;
let kafka: Kafka;
const log = createLog('test', 'error');

beforeAll(async () => {
  const { addresses, sandboxDir } = inject('system');
  installation = await Installation.start({ addresses, sandboxDir, env: { IAROS_LOG_LEVEL: 'warn' } });
  postgres = new pg.Pool({ connectionString: addresses.databaseUrl, max: 1 });
  clickhouse = createClient({ url: addresses.clickhouseUrl });
  redis = new Redis(addresses.redisUrl);
  kafka = connectKafka({ brokers: addresses.kafkaBrokers, clientId: 'test', log });
  ledger = new DatabaseSync(join(sandboxDir, 'sandbox', 'sandbox.sqlite'), { timeout: 5_000 });
  orderId = await placeOrders(new Api(installation.url));
});
afterAll(async () => {
  ledger?.close();
  redis?.disconnect();
  await clickhouse?.close();
  await postgres?.end();
  await installation?.stop();
});

/** Some twenty that end in every way; answers the id of one that is fulfilled. */
async function placeOrders(api: Api): Promise<string> {
  const bodies = [
    ...Array.from({ length: 12 }, () => orderBody({ flight: 'IA118', date: DATE })),
    ...['tok_declined', 'tok_expired_card', 'tok_timeout', 'tok_flaky', 'tok_fraud'].map((token) => orderBody({ token, date: DATE })),
    orderBody({ flight: 'IA901', date: DATE }),
    orderBody({ flight: 'IA902', date: DATE }),
  ];
  const [fulfilled] = await Promise.all(bodies.map((body) => api.place(body)));
  const taken = await api.place(orderBody({ date: DATE }));
  expect(await api.cancel(taken.orderId)).toBe(202);
  await api.until(taken.orderId, ({ status }) => status === 'Refunded');
  expect(fulfilled?.status).toBe('Fulfilled');
  return fulfilled?.orderId as string;
}

/** What one run of verify says while something is broken: its exit code and the checks that fail, with their first violation. */
async function verdict(): Promise<{ code: number; broken: Record<string, string | undefined> }> {
  const { code, stdout, stderr } = await installation.iaros('verify');
  if (!stdout.startsWith('{')) throw new Error(`verify said: ${stderr || stdout}`);
  const { checks } = JSON.parse(stdout) as { checks: Record<string, { ok: boolean; shown: string[] }> };
  return { code, broken: Object.fromEntries(Object.entries(checks).flatMap(([name, { ok, shown }]) => (ok ? [] : [[name, shown[0]]]))) };
}

/** Puts a Postgres row aside while `check` runs. */
async function withoutRows(table: string, condition: string, check: () => Promise<void>): Promise<void> {
  await postgres.query(`CREATE TABLE put_aside AS SELECT * FROM ${table} WHERE order_id = '${orderId}' AND ${condition}`);
  const { rowCount } = await postgres.query(`DELETE FROM ${table} WHERE order_id = '${orderId}' AND ${condition}`);
  try {
    expect(rowCount).toBe(1);
    await check();
  } finally {
    await postgres.query(`INSERT INTO ${table} SELECT * FROM put_aside`);
    await postgres.query('DROP TABLE put_aside');
  }
}

test('all is well: ok, exit code 0, one JSON object with every check', async () => {
  expectOk(await verdictOf(installation));
  const { code, stdout, stderr } = await installation.iaros('verify');
  const said = JSON.parse(stdout);
  expect([code, stderr]).toEqual([0, '']);
  expect(said).toMatchObject({ ok: true, orders: expect.any(Number), statuses: expect.objectContaining({ Fulfilled: expect.any(Number), Refunded: expect.any(Number) }) });
  expect(said.orders).toBeGreaterThanOrEqual(20);
  expect(Object.keys(said.checks)).toEqual([
    'drained', 'transactions', 'accepted', 'final', 'versions', 'event_ids', 'payments_once', 'payments_match', 'bookings', 'seats', 'postgres', 'tables', 'clickhouse', 'redis', 'audit',
  ]);
});

test('right after an order: the sinks are waited for', async () => {
  await new Api(installation.url).place(orderBody({ date: DATE }));
  expect(await verdict()).toEqual({ code: 0, broken: {} });
});

test('Postgres without an order', async () => {
  await withoutRows('orders', 'true', async () => {
    expect(await verdict()).toEqual({ code: 1, broken: { postgres: `order ${orderId} is missing` } });
  });
});

test('Postgres without an event', async () => {
  await withoutRows('order_events', 'version = 4', async () => {
    expect(await verdict()).toEqual({ code: 1, broken: { postgres: `order ${orderId} has 8 events stored, 9 in the log` } });
  });
});

test('Postgres with an order at an older version', async () => {
  await postgres.query('UPDATE orders SET version = version - 1 WHERE order_id = $1', [orderId]);
  try {
    expect(await verdict()).toEqual({ code: 1, broken: { postgres: `order ${orderId} is stored at version 8 (Fulfilled), the log has 9 (Fulfilled)` } });
  } finally {
    await postgres.query('UPDATE orders SET version = version + 1 WHERE order_id = $1', [orderId]);
  }
});

test.each([
  ['payments', "SET status = 'voided'", "SET status = 'captured'", /payment stored is card voided .*, in the log card captured /],
  ['holds', "SET state = 'held'", "SET state = 'sold'", /hold stored is held until \d+, in the log sold until \d+$/],
  ['tickets', "SET state = 'voided'", "SET state = 'issued'", /tickets stored are \S+ P1 voided, in the log \S+ P1 issued$/],
])('Postgres with another row in %s', async (table, hurt, mend, said) => {
  await postgres.query(`UPDATE ${table} ${hurt} WHERE order_id = $1`, [orderId]);
  try {
    expect(await verdict()).toEqual({ code: 1, broken: { tables: expect.stringMatching(said) } });
  } finally {
    await postgres.query(`UPDATE ${table} ${mend} WHERE order_id = $1`, [orderId]);
  }
});

/** Makes the audit topic anew with these records. */
async function auditHolds(records: readonly { key: Buffer | null; value: Buffer | null }[]): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    await admin.deleteTopics({ topics: [AUDIT_TOPIC] });
    await expect.poll(() => admin.listTopics(), { timeout: 10_000 }).not.toContain(AUDIT_TOPIC);
    await expect.poll(() => provisionTopics(kafka, topicsOf(orderFlow), { partitions: 6, log }).then(() => 'made', String), { timeout: 20_000 }).toBe('made');
  });
  const producer = await openCommandProducer(kafka, { log });
  for (const { key, value } of records) await producer.publish({ topic: AUDIT_TOPIC, key, value, headers: {} });
  await producer.close();
}

test('the audit log with an entry altered, or one left out', async () => {
  const producer = await openCommandProducer(kafka, { log });
  for (const name of ['one', 'two', 'three']) await producer.publish({ topic: deadLetterTopicOf('receive'), key: name, value: null, headers: { 'x-error-code': 'trial' } });
  await producer.close();
  expect(await installation.iaros('dlq', 'discard', '--code', 'trial', '--reason', 'a test')).toMatchObject({ code: 0, stdout: '3 dead letters discarded\n' });
  const kept: { key: Buffer | null; value: Buffer | null }[] = [];
  await readTopics(kafka, [AUDIT_TOPIC], ({ key, value }) => void kept.push({ key: key && Buffer.from(key), value: value && Buffer.from(value) }));
  const due = kept.length - 1;
  const altered = Buffer.from(kept[due - 1]?.value as Buffer);
  altered[altered.indexOf('a test')] = 0x41;
  try {
    await auditHolds(kept.with(due - 1, { key: null, value: altered }));
    expect(await verdict()).toEqual({ code: 1, broken: { audit: expect.stringMatching(`^audit entry ${due} \\(discarded receive/0/\\d+\\) was altered$`) } });
    await auditHolds(kept.toSpliced(due - 1, 1));
    expect(await verdict()).toEqual({ code: 1, broken: { audit: `audit entry ${due} is missing` } });
  } finally {
    await auditHolds(kept);
  }
});

test('ClickHouse with an event twice', async () => {
  const copy = `SELECT * REPLACE (${FORGED_OFFSET} AS record_offset) FROM order_events WHERE order_id = '${orderId}' AND type = 'InventoryConfirmed'`;
  await clickhouse.command({ query: `INSERT INTO order_events ${copy}` });
  try {
    expect(await verdict()).toEqual({ code: 1, broken: { clickhouse: `order ${orderId} has 10 events stored, 9 in the log` } });
  } finally {
    await clickhouse.command({ query: `ALTER TABLE order_events DELETE WHERE record_offset = ${FORGED_OFFSET} SETTINGS mutations_sync = 1` });
  }
});

test('Redis with a seat too many sold', async () => {
  const key = countersKey({ flightNumber: 'IA118', departureDate: DATE });
  await redis.hincrby(key, 's:Y', 1);
  try {
    const { code, broken } = await verdict();
    expect(code).toBe(1);
    expect(broken).toEqual({ seats: expect.stringContaining(`IA118:${DATE}/Y: 0 held and `), redis: `${key} s:Y differs from the changelog` });
  } finally {
    await redis.hincrby(key, 's:Y', -1);
  }
});

test('Redis without the head of an order', async () => {
  const key = headKey(orderId);
  const [kept, lives] = [await redis.dumpBuffer(key), await redis.pttl(key)];
  await redis.del(key);
  try {
    expect(await verdict()).toEqual({ code: 1, broken: { redis: `${key} is in the changelog and not in Redis` } });
  } finally {
    await redis.restore(key, lives, kept as Buffer);
  }
});

test('a capture in the books of the payment processor for an order that was never placed', async () => {
  ledger.prepare("INSERT INTO payment_ledger (at, key, order_id, kind, amount, currency) VALUES (?, 'forged:charge', 'forged', 'capture', 100, 'USD')").run(Date.now());
  try {
    expect(await verdict()).toEqual({ code: 1, broken: { payments_match: 'the ledger names order forged, which does not exist' } });
  } finally {
    ledger.exec("DELETE FROM payment_ledger WHERE order_id = 'forged'");
  }
});

test('all is well again once everything is put back', async () => {
  expect(await verdict()).toEqual({ code: 0, broken: {} });
});

test('what Kafka has let go of for its age is told by Postgres; what Postgres has lost of it too is named', async () => {
  const topics = [COMMANDS_TOPIC, topicOf('OrderReceived'), topicOf('InventoryHeld'), topicOf('OrderFulfilled')];
  await withAdmin(kafka, async (admin) => {
    for (const topic of topics) {
      const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({ partition, offset: high }));
      await admin.deleteTopicRecords({ topic, partitions: partitions.filter(({ offset }) => offset !== '0') });
    }
  });
  expect(await verdict()).toEqual({ code: 0, broken: {} });
  expect((await verdictOf(installation)).aged).toBeGreaterThanOrEqual(20);
  await withoutRows('order_events', "type = 'InventoryHeld'", async () => {
    const { code, broken } = await verdict();
    expect([code, broken.versions]).toEqual([1, expect.stringMatching(`^order ${orderId} has version 5 where 4 belongs`)]);
  });
});

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { orderFlow } from '../../topology/order-flow.ts';
import { topicsOf } from '../../topology/topics.ts';
import { connectKafka } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import { readTopics } from '../../topology/runtime/topic-reader.ts';
import { Api, orderBody } from './api.ts';
import { Installation } from './installation.ts';

let installation: Installation;

beforeAll(async () => {
  installation = await Installation.start({ ...inject('system'), env: { IAROS_LOG_LEVEL: 'trace' } });
});
afterAll(() => installation?.stop());

test('names, e-mail addresses and phone numbers appear in no topic, Redis key, table or log', async () => {
  const api = new Api(installation.url);
  const mark = `q${randomUUID().replaceAll('-', '').replace(/\d/g, (digit) => 'ghijklmnop'[Number(digit)] as string).slice(0, 16)}`;
  const phone = '+4420799' + String(Math.floor(Math.random() * 1e6)).padStart(6, '0');
  for (const token of ['tok_visa', 'tok_declined', 'tok_fraud', 'tok_timeout']) {
    const body = orderBody({ token, email: `${mark}@example.com` });
    body.customer.phone = phone;
    for (const passenger of body.passengers) Object.assign(passenger, { givenName: `${mark}given`, familyName: `${mark}family` });
    const order = await api.place(body);
    expect(JSON.stringify(await api.order(order.orderId))).toContain(mark);
  }
  const marks = [mark, phone.slice(1)];
  const found = (text: string): boolean => marks.some((each) => text.toLowerCase().includes(each));

  expect(await topicsWith(found)).toEqual([]);
  expect(await redisKeysWith(found)).toEqual([]);
  expect(await tablesWith(found)).toEqual([]);
  const logs = join(installation.dataDir, 'logs');
  const lines = readdirSync(logs).flatMap((file) => readFileSync(join(logs, file), 'utf8').split('\n'));
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter(found)).toEqual([]);
});

async function topicsWith(found: (text: string) => boolean): Promise<string[]> {
  const kafka = connectKafka({ brokers: installation.config.kafkaBrokers, clientId: 'test', log: createLog('test', 'error') });
  const hits: string[] = [];
  let records = 0;
  await readTopics(kafka, topicsOf(orderFlow).map(({ name }) => name), ({ topic, key, value, headers }) => {
    records += 1;
    if (found([key, value, ...Object.values(headers ?? {})].map((part) => part?.toString('latin1') ?? '').join('\n'))) hits.push(topic);
  });
  expect(records).toBeGreaterThan(20);
  return hits;
}

async function redisKeysWith(found: (text: string) => boolean): Promise<string[]> {
  const redis = new Redis(installation.config.redisUrl);
  const hits: string[] = [];
  for await (const keys of redis.scanStream()) {
    for (const key of keys as string[]) {
      const dump = await redis.dumpBuffer(key);
      const hash = (await redis.type(key)) === 'hash' ? JSON.stringify(await redis.hgetall(key)) : '';
      if (found(`${key}${dump?.toString('latin1') ?? ''}${hash}`)) hits.push(key);
    }
  }
  redis.disconnect();
  return hits;
}

async function tablesWith(found: (text: string) => boolean): Promise<string[]> {
  const hits: string[] = [];
  const pool = new pg.Pool({ connectionString: installation.config.databaseUrl });
  const { rows: tables } = await pool.query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'");
  for (const { table_name: table } of tables) {
    const { rows } = await pool.query(`SELECT row_to_json(t)::text AS line FROM "${table}" t`);
    if (rows.some(({ line }) => found(line))) hits.push(`postgres ${table}`);
  }
  await pool.end();
  const clickhouse = createClient({ url: installation.config.clickhouseUrl });
  for (const table of ['order_events', 'orders']) {
    const answer = await clickhouse.query({ query: `SELECT * FROM ${table}`, format: 'JSONEachRow' });
    if (found(await answer.text())) hits.push(`clickhouse ${table}`);
  }
  await clickhouse.close();
  return hits;
}

import { createClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { answers } from '../../topology/local/kafka.ts';
import { loadKafkajs } from '../../topology/runtime/kafkajs-patches.ts';
import { awaitLeaders } from '../../topology/runtime/topic-leaders.ts';

const stack = inject('stack');
const { Kafka, logLevel } = loadKafkajs();

test('Kafka takes a topic, but makes none by itself', async () => {
  const kafka = new Kafka({ brokers: stack.kafkaBrokers, logLevel: logLevel.NOTHING, retry: { retries: 1 } });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const topic = `local.stack.${process.pid}.v1`;
    expect(await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: false })).toBe(true);
    await awaitLeaders(kafka, [{ name: topic, partitions: 3 }]);
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    expect(topics[0]?.partitions.map((it) => it.replicas.length)).toEqual([1, 1, 1]);
    await expect(admin.fetchTopicMetadata({ topics: ['local.never-declared.v1'] })).rejects.toThrow(/does not host/);
  } finally {
    await admin.disconnect();
  }
});

test('a Kafka of another cluster is not taken for the own one', async () => {
  const admin = new Kafka({ brokers: stack.kafkaBrokers, logLevel: logLevel.NOTHING, retry: { retries: 1 } }).admin();
  await admin.connect();
  const { clusterId } = await admin.describeCluster().finally(() => admin.disconnect());
  await answers(stack.kafkaBrokers, clusterId);
  await expect(answers(stack.kafkaBrokers, 'another')).rejects.toThrow(`another cluster answers, ${clusterId}`);
});

test('the registry gives a schema one id and refuses a change that breaks readers', async () => {
  const subject = `local-stack-${process.pid}-value`;
  const register = async (fields: object[]) => {
    const schema = JSON.stringify({ type: 'record', name: 'Probe', namespace: 'iaros.local', fields });
    const response = await fetch(`${stack.schemaRegistryUrl}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema }),
    });
    return { status: response.status, body: (await response.json()) as { id?: number } };
  };
  const compatibility = await fetch(`${stack.schemaRegistryUrl}/config/${subject}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility: 'BACKWARD_TRANSITIVE' }),
  });
  expect(compatibility.status).toBe(200);
  const first = await register([{ name: 'a', type: 'string' }]);
  const again = await register([{ name: 'a', type: 'string' }]);
  expect(again.body.id).toBe(first.body.id);
  const breaking = await register([
    { name: 'a', type: 'string' },
    { name: 'b', type: 'int' },
  ]);
  expect(breaking.status).toBe(409);
});

test('Redis runs scripts and keeps nothing on a disk', async () => {
  const redis = new Redis(stack.redisUrl);
  try {
    const key = `{local:${process.pid}}:seats`;
    const script = "local left = redis.call('INCRBY', KEYS[1], -ARGV[1]) return {left, redis.call('EXISTS', KEYS[1])}";
    expect(await redis.eval(script, 1, key, 3)).toEqual([-3, 1]);
    expect(await redis.config('GET', 'appendonly')).toEqual(['appendonly', 'no']);
    expect(await redis.config('GET', 'save')).toEqual(['save', '']);
    await redis.del(key);
  } finally {
    redis.disconnect();
  }
});

test('Postgres 18 commits durably', async () => {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      "SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('synchronous_commit') AS sync, current_setting('TimeZone') AS zone",
    );
    expect(rows[0]).toEqual({ major: 18, sync: 'on', zone: 'UTC' });
  } finally {
    await client.end();
  }
});

test('ClickHouse answers its client', async () => {
  const client = createClient({ url: stack.clickhouseUrl });
  try {
    expect(await client.ping({ select: true })).toEqual({ success: true });
    const result = await client.query({ query: 'SELECT sum(number) AS total FROM numbers(10)', format: 'JSONEachRow' });
    expect(await result.json()).toEqual([{ total: 45 }]);
  } finally {
    await client.close();
  }
});

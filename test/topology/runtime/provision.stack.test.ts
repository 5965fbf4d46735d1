import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { orderFlow } from '../../../topology/order-flow.ts';
import { idempotentProducer, withAdmin } from '../../../topology/runtime/kafka.ts';
import { createLog } from '../../../topology/runtime/log.ts';
import { provision, provisionTopics } from '../../../topology/runtime/provision.ts';
import { ProvisionFault } from '../../../topology/runtime/provision-fault.ts';
import { readTopics } from '../../../topology/runtime/topic-reader.ts';
import { COMMANDS_TOPIC, type Topic, topicsOf } from '../../../topology/topics.ts';
import { ownTopics } from './own-topics.ts';

const stack = inject('stack');
const { kafka, prefix } = ownTopics(stack.kafkaBrokers, 'provision');
const log = createLog('provision', 'fatal');
const database = `provision_${randomUUID().slice(0, 8)}`;

const topic = (name: string, rest: Partial<Topic> = {}): Topic => ({
  name: `${prefix}.${name}`, visibility: 'internal', record: null, cleanup: 'delete', retentionMs: 86_400_000, partitions: 'flow', ...rest,
});
const topics = [topic('events'), topic('changelog', { cleanup: 'compact', retentionMs: -1 }), topic('dead', { partitions: 1 })];

async function onPostgres(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

async function onClickHouse(sql: string): Promise<void> {
  const { username, password, origin } = new URL(stack.clickhouseUrl);
  const headers: Record<string, string> = username ? { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password } : {};
  const response = await fetch(origin, { method: 'POST', body: sql, headers });
  if (!response.ok) throw new Error(await response.text());
}

const inOwnDatabase = (url: string): string => Object.assign(new URL(url), { pathname: `/${database}` }).href;

beforeAll(async () => {
  await onPostgres(`CREATE DATABASE ${database}`);
  await onClickHouse(`CREATE DATABASE ${database}`);
});
afterAll(async () => {
  await onPostgres(`DROP DATABASE ${database} WITH (FORCE)`);
  await onClickHouse(`DROP DATABASE ${database}`);
});

it('makes the topics that are missing, each with its own settings, ready to be written', async () => {
  await provisionTopics(kafka, topics, { partitions: 3, log });
  const producer = idempotentProducer(kafka);
  await producer.connect();
  const topicMessages = topics.map(({ name, partitions }) => ({
    topic: name, messages: Array.from({ length: partitions === 'flow' ? 3 : partitions }, (_, partition) => ({ key: `${partition}`, value: 'v', partition })),
  }));
  await producer.sendBatch({ topicMessages });
  await producer.disconnect();
  const written: string[] = [];
  await readTopics(kafka, topics.map(({ name }) => name), ({ topic: name, partition }) => void written.push(`${name}/${partition}`));
  expect(written).toHaveLength(7);

  const { resources } = await withAdmin(kafka, (admin) => admin.describeConfigs({
    includeSynonyms: false, resources: topics.map(({ name }) => ({ type: 2, name, configNames: ['cleanup.policy', 'retention.ms', 'message.timestamp.type', 'min.insync.replicas'] })),
  }));
  const settings = Object.fromEntries(resources.map(({ resourceName, configEntries }) => [resourceName, Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue]))]));
  const common = { 'message.timestamp.type': 'CreateTime', 'min.insync.replicas': '1' };
  expect(settings).toEqual({
    [`${prefix}.events`]: { ...common, 'cleanup.policy': 'delete', 'retention.ms': '86400000' },
    [`${prefix}.changelog`]: { ...common, 'cleanup.policy': 'compact', 'retention.ms': '-1' },
    [`${prefix}.dead`]: { ...common, 'cleanup.policy': 'delete', 'retention.ms': '86400000' },
  });
});

it('leaves what is there and adds what is new, also when two do it at once', async () => {
  const more = [...topics, topic('new')];
  await Promise.all([provisionTopics(kafka, more, { partitions: 3, log }), provisionTopics(kafka, more, { partitions: 3, log })]);
  const { topics: found } = await withAdmin(kafka, (admin) => admin.fetchTopicMetadata({ topics: more.map(({ name }) => name) }));
  expect(Object.fromEntries(found.map(({ name, partitions }) => [name, partitions.length]))).toEqual({
    [`${prefix}.events`]: 3, [`${prefix}.changelog`]: 3, [`${prefix}.dead`]: 1, [`${prefix}.new`]: 3,
  });
});

it('refuses another number of partitions, names each topic, and creates nothing', async () => {
  const attempt = provisionTopics(kafka, [...topics, topic('never')], { partitions: 4, log });
  await expect(attempt).rejects.toThrow(new ProvisionFault(['events', 'changelog'].map((name) =>
    `Topic ${prefix}.${name} has 3 partitions, but 4 are configured: set IAROS_PARTITIONS to 3, or start with fresh data.`)));
  await withAdmin(kafka, async (admin) => expect(await admin.listTopics()).not.toContain(`${prefix}.never`));
});

it('makes all servers ready for the flow, twice with the same result', async () => {
  const { topics: known } = await withAdmin(kafka, async (admin) =>
    ((await admin.listTopics()).includes(COMMANDS_TOPIC) ? admin.fetchTopicMetadata({ topics: [COMMANDS_TOPIC] }) : { topics: [] }));
  const config = {
    ...stack, partitions: known[0]?.partitions.length ?? 6, environment: 'test',
    databaseUrl: inOwnDatabase(stack.databaseUrl), clickhouseUrl: inOwnDatabase(stack.clickhouseUrl),
  };
  await provision(config, { log });
  await provision(config, { log });
  await withAdmin(kafka, async (admin) => expect(await admin.listTopics()).toEqual(expect.arrayContaining(topicsOf(orderFlow).map(({ name }) => name))));
  const subjects = (await (await fetch(`${stack.schemaRegistryUrl}/subjects`)).json()) as string[];
  expect(subjects).toContain(`${COMMANDS_TOPIC}-value`);
  const client = new pg.Client({ connectionString: config.databaseUrl });
  await client.connect();
  const { rows } = await client.query(`SELECT to_regclass('orders') IS NOT NULL AS made`).finally(() => client.end());
  expect(rows).toEqual([{ made: true }]);
});

it('tells everything that stands in its way at once', async () => {
  const config = { ...stack, partitions: 6, environment: 'test', schemaRegistryUrl: 'http://127.0.0.1:1', databaseUrl: 'postgres://iaros@127.0.0.1:1/none', clickhouseUrl: 'http://127.0.0.1:1', kafkaBrokers: stack.kafkaBrokers };
  const fault = await provision(config, { log, registryPatienceMs: 0 }).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(ProvisionFault);
  const parts = (fault as ProvisionFault).faults.map((line) => line.split(':')[0]);
  expect(parts).toEqual(['The schema registry', 'Postgres', 'ClickHouse']);
});

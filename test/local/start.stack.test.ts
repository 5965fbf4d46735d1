import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { identify } from '../../topology/runtime/process-identity.ts';
import { type RunFile, readRunFile } from '../../topology/local/run-file.ts';
import { startStack } from '../../topology/local/stack.ts';
import { cacheFolder } from '../../topology/local/start-options.ts';
import { loadKafkajs } from '../../topology/runtime/kafkajs-patches.ts';
import { makeTopics } from '../topology/runtime/make-topics.ts';

const { Kafka, logLevel } = loadKafkajs();
const START = join(import.meta.dirname, '..', '..', 'topology', 'local', 'start.ts');
const GIVEN = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'REDIS_URL', 'DATABASE_URL', 'CLICKHOUSE_URL', 'IAROS_DOCKER'];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iaros-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Started {
  child: ChildProcess;
  output: () => string;
  exit: Promise<number | null>;
}

function start(args: string[], env: NodeJS.ProcessEnv = {}): Started {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !GIVEN.includes(name)));
  const child = spawn(process.execPath, [START, ...args], {
    env: { ...own, IAROS_DATA_DIR: join(folder, 'data'), IAROS_CACHE_DIR: cacheFolder(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return { child, output: () => output, exit: once(child, 'exit').then(([code]) => code) };
}

async function startServers(): Promise<Started & { run: RunFile }> {
  const started = start(['--only', 'stack']);
  const ended = started.exit.then(() => Promise.reject(new Error(started.output())));
  await Promise.race([
    vi.waitFor(() => expect(started.output()).toMatch(/^ready/m), { timeout: 60_000, interval: 100 }),
    ended,
  ]);
  return { ...started, run: (await readRunFile(join(folder, 'data'))) as RunFile };
}

/** One fact in each server. */
async function write({ addresses }: RunFile): Promise<void> {
  const kafka = new Kafka({ brokers: addresses.kafkaBrokers, logLevel: logLevel.NOTHING, retry: { retries: 2 } });
  await makeTopics(kafka, [{ topic: 'kept.v1', numPartitions: 2 }]);
  await fetch(`${addresses.schemaRegistryUrl}/subjects/kept-value/versions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: '{"type":"string"}' }),
  });
  const redis = new Redis(addresses.redisUrl);
  await redis.set('kept', 'yes');
  redis.disconnect();
  await inPostgres(addresses.databaseUrl, 'CREATE TABLE kept AS SELECT 7 AS n');
  await inClickhouse(addresses.clickhouseUrl, (client) =>
    client.command({ query: 'CREATE TABLE kept ENGINE = MergeTree ORDER BY n AS SELECT 7 AS n' }),
  );
}

async function read({ addresses }: RunFile): Promise<unknown> {
  const admin = new Kafka({
    brokers: addresses.kafkaBrokers,
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
  }).admin();
  await admin.connect();
  const topics = await admin.listTopics().finally(() => admin.disconnect());
  const redis = new Redis(addresses.redisUrl);
  redis.on('error', () => {});
  const kept = await redis.get('kept').finally(() => redis.disconnect());
  return {
    kafka: topics.includes('kept.v1'),
    registry: await (await fetch(`${addresses.schemaRegistryUrl}/subjects`)).json(),
    redis: kept,
    postgres: await inPostgres(addresses.databaseUrl, 'SELECT n FROM kept'),
    clickhouse: await clickhouseRows(addresses.clickhouseUrl),
  };
}

async function inPostgres(connectionString: string, query: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client
    .query(query)
    .then((it) => it.rows)
    .finally(() => client.end());
}

async function inClickhouse<T>(url: string, work: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> {
  const client = createClient({ url, log: { level: ClickHouseLogLevel.OFF } });
  return work(client).finally(() => client.close());
}

const clickhouseRows = (url: string) =>
  inClickhouse(url, async (client) =>
    (await client.query({ query: 'SELECT n FROM kept', format: 'JSONEachRow' })).json(),
  );

/** Redis begins empty each time: the pipeline makes its content anew. */
const KEPT = { kafka: true, registry: ['kept-value'], redis: null, postgres: [{ n: 7 }], clickhouse: [{ n: 7 }] };

test('data and addresses survive a killed supervisor, a killed server and a restart; stopping leaves nothing running', async () => {
  const first = await startServers();
  await write(first.run);
  first.child.kill('SIGKILL');
  await first.exit;
  const { supervisor: _, ...servers } = first.run.pids;
  for (const pid of Object.values(servers)) expect(identify(pid)).toBeDefined();

  const second = await startServers();
  expect(second.output()).toContain(`stopping kafka (pid ${servers['kafka']}), left over from an earlier run`);
  for (const pid of Object.values(servers)) expect(identify(pid)).toBeUndefined();
  expect(second.run.addresses).toEqual(first.run.addresses);
  expect(await read(second.run)).toEqual(KEPT);

  const inUse = start(['--only', 'stack']);
  expect(await inUse.exit).toBe(1);
  expect(inUse.output()).toMatch(
    /^The data folder .* is in use by process \d+: stop that one, or set IAROS_DATA_DIR to another folder\.\n$/,
  );

  for (const name of ['clickhouse', 'redis', 'postgres', 'kafka'])
    process.kill(second.run.pids[name] as number, 'SIGKILL');
  await vi.waitFor(async () => expect(await read(second.run)).toEqual(KEPT), { timeout: 60_000, interval: 200 });

  const last = (await readRunFile(join(folder, 'data'))) as RunFile;
  for (const name of ['clickhouse', 'redis', 'postgres', 'kafka'])
    expect(last.pids[name]).not.toBe(second.run.pids[name]);
  second.child.kill('SIGTERM');
  expect(await second.exit).toBe(0);
  for (const pid of Object.values(last.pids)) expect(identify(pid)).toBeUndefined();
  expect(await readRunFile(join(folder, 'data'))).toBeUndefined();
}, 180_000);

test('without Java the start says so in one sentence and leaves nothing running', async () => {
  const tools = join(folder, 'tools');
  await mkdir(tools);
  for (const [name, at] of [
    ['sh', '/bin/sh'],
    ['id', '/usr/bin/id'],
    ['ls', '/bin/ls'],
    ['ps', '/bin/ps'],
  ] as const)
    await symlink(at, join(tools, name));
  const dataDir = join(folder, 'no-java');
  const { exit, output } = start(['--only', 'stack'], { PATH: tools, JAVA_HOME: '', IAROS_DATA_DIR: dataDir });
  expect(await exit).toBe(1);
  expect(output().trim().split('\n').at(-1)).toMatch(
    /^Kafka and the schema registry need Java 17 or newer, and no java is on the PATH: install one /,
  );
  expect(await readRunFile(dataDir)).toBeUndefined();
  const next = await startStack({ dataDir, cacheDir: folder, env: givenEnvironment() });
  expect(next.pids()).toEqual({});
  await next.stop();
});

test('a port in use for the API is refused before anything starts', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { exit, output } = start([], { IAROS_PORT: String(port), IAROS_DATA_DIR: join(folder, 'no-port') });
  expect(await exit).toBe(1);
  expect(output()).toBe(`Port ${port} is taken: stop what listens there, or set IAROS_PORT to a free port.\n`);
  server.close();
});

function givenEnvironment(): NodeJS.ProcessEnv {
  const { kafkaBrokers, schemaRegistryUrl, redisUrl, databaseUrl, clickhouseUrl } = inject('stack');
  return {
    KAFKA_BROKERS: kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: schemaRegistryUrl,
    REDIS_URL: redisUrl,
    DATABASE_URL: databaseUrl,
    CLICKHOUSE_URL: clickhouseUrl,
  };
}

test('servers given by address are used as they are, and checked', async () => {
  const env = givenEnvironment();
  const options = { dataDir: join(folder, 'given'), cacheDir: join(folder, 'no-cache'), patienceMs: 100 };
  const stack = await startStack({ ...options, env });
  expect(stack.addresses).toEqual(inject('stack'));
  expect(stack.table()[0]).toEqual({ service: 'Kafka', found: 'KAFKA_BROKERS is set', address: env['KAFKA_BROKERS'] });
  await expect(stack.stopPart('redis')).rejects.toThrow(
    'Redis is given by REDIS_URL: it is not ours to start and stop.',
  );
  await stack.stop();
  const silent = { ...env, DATABASE_URL: 'postgres://iaros:secret@127.0.0.1:1/iaros' };
  await expect(startStack({ ...options, env: silent })).rejects.toThrow(
    /^Postgres does not answer at DATABASE_URL=postgres:\/\/iaros:\*\*\*@127\.0\.0\.1:1\/iaros \(.*\): start it, or unset DATABASE_URL\.$/,
  );
});

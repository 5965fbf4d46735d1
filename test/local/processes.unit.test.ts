import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Installation, workersOf } from '../../topology/local/processes.ts';

const installation: Installation = {
  addresses: {
    kafkaBrokers: ['a:1', 'b:2'],
    schemaRegistryUrl: 'http://registry',
    redisUrl: 'redis://redis',
    databaseUrl: 'postgres://db',
    clickhouseUrl: 'http://clickhouse',
  },
  compileCacheDir: '/cache/compiled',
  dataDir: '/data',
  secrets: { masterKey: 'MASTER', pepper: 'PEPPER', devKey: 'DEV' },
  env: { PATH: '/bin', IAROS_MASTER_KEY: 'MASTER', IAROS_DEV_KEY: 'DEV', IAROS_HOLD_MS: '60000' },
  ports: { api: 8080, sandbox: 18090, pipeline: 18091, sinks: 18092 },
};

test('who takes orders in stops first, whom the others call stops last', () => {
  expect(workersOf(installation).map((it) => it.name)).toEqual(['ingress', 'pipeline', 'sinks', 'sandbox']);
  expect(workersOf({ ...installation, demoRate: 2.5 })[0]).toMatchObject({
    name: 'demo',
    args: ['demo', '--rate', '2.5'],
  });
});

test('every worker has a module to run', () => {
  for (const { entry } of workersOf({ ...installation, demoRate: 1 })) expect(existsSync(entry), entry).toBe(true);
});

test('every worker is told the addresses, and passed on what the caller set', () => {
  for (const { env } of workersOf(installation)) {
    expect(env).toMatchObject({
      NODE_ENV: 'production',
      KAFKA_BROKERS: 'a:1,b:2',
      DATABASE_URL: 'postgres://db',
      IAROS_SANDBOX_URL: 'http://127.0.0.1:18090',
      IAROS_PORT: '8080',
      IAROS_HOLD_MS: '60000',
    });
  }
});

test('secrets reach only those that need them', () => {
  const holders = (secret: string) =>
    workersOf({ ...installation, demoRate: 1 })
      .filter((it) => Object.values(it.env).includes(secret))
      .map((it) => it.name);
  expect(holders('MASTER')).toEqual(['ingress', 'pipeline']);
  expect(holders('PEPPER')).toEqual(['ingress', 'pipeline']);
  expect(holders('DEV')).toEqual(['demo', 'ingress']);
});

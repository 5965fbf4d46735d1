import { join } from 'node:path';
import { INGRESS_NODE_FLAGS } from '../node-flags.ts';
import type { Addresses } from './part.ts';
import type { Secrets } from './secrets.ts';

/** A process of the product itself, as the supervisor starts it. */
export interface WorkerSpec {
  /** Names its log, its pid file and its entry in run.json. */
  name: string;
  nodeFlags?: readonly string[];
  /** The module that Node runs; it sends 'ready' to its parent once it works. */
  entry: string;
  args: string[];
  /** Its whole environment. */
  env: NodeJS.ProcessEnv;
  /** Starts when the others are ready. */
  afterOthers?: boolean;
}

export interface Installation {
  addresses: Addresses;
  dataDir: string;
  /** What Node compiles is kept here: half of a process's start is compiling. */
  compileCacheDir: string;
  secrets: Secrets;
  env: NodeJS.ProcessEnv;
  ports: { api: number; sandbox: number; pipeline: number; sinks: number };
  /** Orders a second to place all the time; undefined for none. */
  demoRate?: number;
}

const repo = join(import.meta.dirname, '..', '..');
const CLI = join(repo, 'topology', 'cli.ts');

/** What npm start runs beside the servers, in the order in which it stops them. */
export function workersOf(installation: Installation): WorkerSpec[] {
  const { ports, secrets, demoRate } = installation;
  const env = environmentOf(installation);
  const personal = { IAROS_MASTER_KEY: secrets.masterKey, IAROS_PEPPER: secrets.pepper };
  const operator = { IAROS_DEV_KEY: secrets.devKey };
  const workers: WorkerSpec[] = [
    { name: 'ingress', nodeFlags: INGRESS_NODE_FLAGS, entry: join(repo, 'ingress', 'main.ts'), args: [], env: { ...env, ...personal, ...operator } },
    {
      name: 'pipeline',
      entry: CLI,
      args: ['run', 'all'],
      env: { ...env, ...personal, IAROS_WORKER_PORT: String(ports.pipeline) },
    },
    { name: 'sinks', entry: CLI, args: ['run', 'sinks'], env: { ...env, IAROS_WORKER_PORT: String(ports.sinks) } },
    { name: 'sandbox', entry: join(repo, 'connectors', 'sandbox', 'main.ts'), args: [], env },
  ];
  const demo = {
    name: 'demo',
    entry: CLI,
    args: ['demo', '--rate', String(demoRate)],
    env: { ...env, ...operator },
    afterOthers: true,
  };
  return demoRate ? [demo, ...workers] : workers;
}

/** What every process of the installation is told; secrets go only to those that need them. */
function environmentOf({ addresses, dataDir, compileCacheDir, env, ports }: Installation): NodeJS.ProcessEnv {
  const { IAROS_MASTER_KEY, IAROS_PEPPER, IAROS_DEV_KEY, ...open } = env;
  return {
    NODE_COMPILE_CACHE: compileCacheDir,
    ...open,
    ...variablesOf(addresses),
    NODE_ENV: 'production',
    IAROS_SANDBOX_URL: `http://127.0.0.1:${ports.sandbox}`,
    IAROS_PORT: String(ports.api),
    IAROS_DATA_DIR: dataDir,
  };
}

/** The addresses as the environment variables that every process reads them from. */
export function variablesOf(addresses: Addresses): Record<string, string> {
  return {
    KAFKA_BROKERS: addresses.kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: addresses.schemaRegistryUrl,
    REDIS_URL: addresses.redisUrl,
    DATABASE_URL: addresses.databaseUrl,
    CLICKHOUSE_URL: addresses.clickhouseUrl,
  };
}

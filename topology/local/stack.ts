import { join, resolve } from 'node:path';
import * as clickhouse from './clickhouse.ts';
import { leaveDataFolder, takeDataFolder } from './data-folder.ts';
import { ensureRoom } from './disk-space.ts';
import { dockerParts } from './docker.ts';
import { LocalFault } from './fault.ts';
import * as kafka from './kafka.ts';
import type { Addresses, ForwardedListener, Part, PartContext, Startable } from './part.ts';
import { SERVER_PORTS, type ServerPorts, scatteredPorts, settlePorts } from './ports.ts';
import * as postgres from './postgres.ts';
import * as redis from './redis.ts';
import * as registry from './registry.ts';

export type { Addresses, ForwardedListener } from './part.ts';

export interface StackOptions {
  dataDir: string;
  cacheDir: string;
  env: NodeJS.ProcessEnv;
  /** Wished ports; 'scattered' takes free ones anywhere, for a stack beside another. Default: the preferred ones. */
  ports?: ServerPorts | 'scattered';
  /** For a proxy in front of Kafka: `addresses` still leads straight to it. Ignored by a Kafka that is not a local process. */
  kafkaForwarded?: ForwardedListener;
  onProgress?: (line: string) => void;
  /** How long a server that is given by address may take to answer, in ms. */
  patienceMs?: number;
  /** Called when a server came back with a new pid. */
  onChange?: () => void;
}

export interface StackRow {
  service: string;
  found: string;
  address: string;
}

export interface Stack {
  addresses: Addresses;
  /** Of the servers this stack started, by name, as they are now: a server that ended is started again. */
  pids(): Record<string, number>;
  table(): StackRow[];
  /** Stops one server that this stack started, until `startPart`. */
  stopPart(name: PartName): Promise<void>;
  startPart(name: PartName): Promise<void>;
  /** Stops what was started, keeps the data. */
  stop(): Promise<void>;
  /** Ends what was started at once, without asking. */
  kill(): void;
}

export type PartName = keyof typeof dockerParts;

interface Source {
  service: string;
  variable: string;
  local: (context: PartContext) => Promise<Part>;
  check: (address: string) => Promise<void>;
}

const SOURCES: Record<PartName, Source> = {
  kafka: {
    service: 'Kafka',
    variable: 'KAFKA_BROKERS',
    local: kafka.startKafka,
    check: (it) => kafka.answers(it.split(',')),
  },
  registry: {
    service: 'Schema registry',
    variable: 'SCHEMA_REGISTRY_URL',
    local: registry.startRegistry,
    check: registry.answers,
  },
  redis: { service: 'Redis', variable: 'REDIS_URL', local: redis.startRedis, check: redis.answers },
  postgres: {
    service: 'Postgres',
    variable: 'DATABASE_URL',
    local: postgres.startPostgres,
    check: (it) => postgres.answers(it),
  },
  clickhouse: {
    service: 'ClickHouse',
    variable: 'CLICKHOUSE_URL',
    local: clickhouse.startClickhouse,
    check: clickhouse.answers,
  },
};
const NAMES = Object.keys(SOURCES) as PartName[];
const PATIENCE_MS = 20_000;

/**
 * Finds or starts Kafka, the schema registry, Redis, Postgres and ClickHouse, side by side, and waits until each answers.
 * A part is the one addressed in the environment; else a container when IAROS_DOCKER=1; else a local process from a package.
 * @throws LocalFault in one sentence when a part cannot be had; whatever had started is stopped first.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDir = resolve(options.dataDir);
  const say = options.onProgress ?? (() => {});
  await ensureRoom(dataDir);
  await takeDataFolder(dataDir, say);
  const promised = portsOf(options.kafkaForwarded);
  const wished = options.ports === 'scattered' ? await scatteredPorts(promised) : (options.ports ?? SERVER_PORTS);
  const ports = await settlePorts(join(dataDir, 'ports.json'), wished, say, promised);
  const context: PartContext = {
    dataDir,
    cacheDir: resolve(options.cacheDir),
    env: options.env,
    ports,
    kafkaForwarded: options.kafkaForwarded,
    say,
    changed: options.onChange ?? (() => {}),
  };
  const attempts = await Promise.allSettled(
    NAMES.map((name) => havePart(name, context, options.patienceMs ?? PATIENCE_MS)),
  );
  const parts = attempts.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
  const stop = async () => {
    await Promise.all(parts.map((it) => it.process?.stop()));
    await leaveDataFolder(dataDir);
  };
  const failed = attempts.find((it) => it.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return {
    addresses: addressesOf(parts),
    pids: () => pidsOf(parts),
    table: () => parts.map(row),
    stopPart: async (name) => startable(name, parts).stop(),
    startPart: async (name) => startable(name, parts).start(),
    stop,
    kill: () => parts.forEach((it) => void it.process?.kill()),
  };
}

/** Nobody listens there yet, but no server of the stack may. */
function portsOf(forwarded: ForwardedListener | undefined): ReadonlySet<number> {
  if (!forwarded) return new Set();
  return new Set([forwarded.port, Number(new URL(`tcp://${forwarded.advertised}`).port)]);
}

function startable(name: PartName, parts: Part[]): Startable {
  const part = parts[NAMES.indexOf(name)];
  if (!part?.process)
    throw new LocalFault(
      `${SOURCES[name].service} is given by ${SOURCES[name].variable}: it is not ours to start and stop.`,
    );
  return part.process;
}

async function havePart(name: PartName, context: PartContext, patienceMs: number): Promise<Part> {
  const { service, variable, local } = SOURCES[name];
  const given = context.env[variable];
  if (given) {
    await checkGiven(name, given, patienceMs);
    return { service, found: `${variable} is set`, address: given };
  }
  const started = Date.now();
  const part = context.env['IAROS_DOCKER'] === '1' ? await dockerParts[name]() : await local(context);
  context.say(`${service} is up after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return part;
}

async function checkGiven(name: PartName, address: string, patienceMs: number): Promise<void> {
  const { service, variable, check } = SOURCES[name];
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await check(address);
    } catch (error) {
      if (Date.now() < deadline) {
        await new Promise((again) => setTimeout(again, 500));
        continue;
      }
      const reason = (error as Error).message || String(error);
      throw new LocalFault(
        `${service} does not answer at ${variable}=${hidePassword(address)} (${reason}): start it, or unset ${variable}.`,
      );
    }
  }
}

function addressesOf(parts: Part[]): Addresses {
  const [kafkaPart, registryPart, redisPart, postgresPart, clickhousePart] = parts.map((it) => it.address);
  return {
    kafkaBrokers: (kafkaPart as string).split(','),
    schemaRegistryUrl: registryPart as string,
    redisUrl: redisPart as string,
    databaseUrl: postgresPart as string,
    clickhouseUrl: clickhousePart as string,
  };
}

function pidsOf(parts: Part[]): Record<string, number> {
  return Object.fromEntries(parts.flatMap((it, index) => (it.process?.pid ? [[NAMES[index], it.process.pid]] : [])));
}

function row({ service, found, address }: Part): StackRow {
  return { service, found, address: hidePassword(address) };
}

/** The address with its password, if any, left out: for printing. */
export function hidePassword(address: string): string {
  return address.replace(/(\/\/[^:/@]*):[^@/]*@/g, '$1:***@');
}

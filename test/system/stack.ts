import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Addresses, type Stack, startStack } from '../../topology/local/stack.ts';
import { LANES } from './lanes.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    system: SystemStack[];
  }
}

/** Servers that only the system tests of one lane use, one file after another; and what the sandbox's companies remember from one file to the next. */
export interface SystemStack {
  addresses: Addresses;
  sandboxDir: string;
}

interface Lane {
  stack: Stack;
  dataDir: string;
}

/** Two projects ask for them; the first starts them, the last to finish stops them. Each project loads this file for itself. */
const shared = ((globalThis as { iarosLanes?: Shared }).iarosLanes ??= { lanes: null, users: 0 });

interface Shared {
  lanes: Promise<Lane[]> | null;
  users: number;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.users += 1;
  shared.lanes ??= Promise.all(Array.from({ length: LANES }, (_, at) => startLane(at + 1)));
  const lanes = await shared.lanes;
  project.provide('system', lanes.map(({ stack, dataDir }) => ({ addresses: stack.addresses, sandboxDir: join(dataDir, 'companies') })));
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    shared.lanes = null;
    await Promise.all(lanes.map(async ({ stack, dataDir }) => {
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    }));
  };
}

async function startLane(lane: number): Promise<Lane> {
  const dataDir = await mkdtemp(join(tmpdir(), 'iaros-system-test-'));
  const cacheDir = process.env.IAROS_CACHE_DIR ?? join(import.meta.dirname, '..', '..', '.local', 'cache');
  const say = (line: string): void => void process.stderr.write(`system stack ${lane}: ${line}\n`);
  return { dataDir, stack: await startStack({ dataDir, cacheDir, env: ownServers(), ports: 'scattered', onProgress: say }) };
}

/** System tests empty and break their servers: never those that the environment names. */
function ownServers(): NodeJS.ProcessEnv {
  const { KAFKA_BROKERS: _k, SCHEMA_REGISTRY_URL: _s, REDIS_URL: _r, DATABASE_URL: _d, CLICKHOUSE_URL: _c, ...env } = process.env;
  return env;
}

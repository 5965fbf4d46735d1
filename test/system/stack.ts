import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Addresses, startStack } from '../../topology/local/stack.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    system: SystemStack;
  }
}

/** Servers that only system tests use, one file after another; and what the sandbox's companies remember from one file to the next. */
export interface SystemStack {
  addresses: Addresses;
  sandboxDir: string;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'iaros-system-test-'));
  const cacheDir = process.env.IAROS_CACHE_DIR ?? join(import.meta.dirname, '..', '..', '.local', 'cache');
  const stack = await startStack({ dataDir, cacheDir, env: ownServers(), ports: 'scattered', onProgress: (line) => process.stderr.write(`system stack: ${line}\n`) });
  project.provide('system', { addresses: stack.addresses, sandboxDir: join(dataDir, 'companies') });
  return async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

/** System tests empty and break their servers: never those that the environment names. */
function ownServers(): NodeJS.ProcessEnv {
  const { KAFKA_BROKERS: _k, SCHEMA_REGISTRY_URL: _s, REDIS_URL: _r, DATABASE_URL: _d, CLICKHOUSE_URL: _c, ...env } = process.env;
  return env;
}

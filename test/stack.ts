import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { isOwned, stopLeftovers } from '../topology/local/data-folder.ts';
import { type Addresses, type Stack, startStack } from '../topology/local/stack.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    stack: Addresses;
  }
}

const PREFIX = 'iaros-test-';

/** Two projects ask for the stack; the first starts it, the last to finish stops it. */
let shared: Promise<{ stack: Stack; dataDir: string }> | undefined;
let users = 0;

/** Starts one real stack on free ports with a data folder of its own, for the whole run: `inject('stack')` gives its addresses. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  users += 1;
  shared ??= start();
  const { stack, dataDir } = await shared;
  project.provide('stack', stack.addresses);
  return async () => {
    users -= 1;
    if (users > 0) return;
    shared = undefined;
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

async function start(): Promise<{ stack: Stack; dataDir: string }> {
  await clearAbandoned();
  const dataDir = await mkdtemp(join(tmpdir(), PREFIX));
  const cacheDir = process.env['IAROS_CACHE_DIR'] ?? join(import.meta.dirname, '..', '.local', 'cache');
  const say = (line: string) => process.stderr.write(`stack: ${line}\n`);
  try {
    return {
      dataDir,
      stack: await startStack({ dataDir, cacheDir, env: process.env, ports: 'scattered', onProgress: say }),
    };
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}

/** A run that was killed leaves servers and a folder behind. */
async function clearAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (!name.startsWith(PREFIX) || (await isOwned(folder))) continue;
    await stopLeftovers(folder, () => {});
    await rm(folder, { recursive: true, force: true });
  }
}

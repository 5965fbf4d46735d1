import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, type Stack } from '../../topology/local/stack.ts';
import { Installation, type InstallationOptions } from '../system/installation.ts';

export interface BenchEnvironment {
  stack: Stack;
  installation: Installation;
  /** Process ids of servers and workers, by name. */
  pids(): Record<string, number>;
}

/** Said by a signal: the measurement ends, and its servers with it. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

const interruption = Promise.withResolvers<never>();
interruption.promise.catch(() => undefined);

/** Ends what is being measured, and all that would follow. */
export const interrupt = (): void => interruption.reject(new Interrupted('stopped before the end'));

/** Runs `work` on servers and an installation of its own, and clears them away. Throws Interrupted after `interrupt`. */
export async function inEnvironment<T>(options: Omit<InstallationOptions, 'addresses'>, work: (environment: BenchEnvironment) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'iaros-bench-'));
  const stack = await startStack({ dataDir, cacheDir: process.env.IAROS_CACHE_DIR ?? '.local/cache', env: process.env, ports: 'scattered' });
  let installation: Installation | null = null;
  try {
    const started = await Installation.start({ addresses: stack.addresses, ...options, env: { IAROS_LOG_LEVEL: 'warn', IAROS_MAX_CONCURRENT_ORDERS: '1000000', ...options.env } });
    installation = started;
    const pids = (): Record<string, number> => ({ ...stack.pids(), ...Object.fromEntries(started.names.map((name) => [name, started.pid(name)])) });
    return await Promise.race([interruption.promise, work({ stack, installation, pids })]);
  } finally {
    await installation?.stop();
    await stack.stop();
    rmSync(dataDir, { recursive: true, force: true });
    if (installation) rmSync(installation.dataDir, { recursive: true, force: true });
  }
}

export const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

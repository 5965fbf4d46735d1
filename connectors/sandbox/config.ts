import { join } from 'node:path';
import { z } from 'zod';

export interface SandboxConfig {
  host: string;
  port: number;
  /** Where others reach the sandbox. */
  url: string;
  databaseFile: string;
  logLevel: string;
  /** Fixes which calls a switched-on fault strikes. */
  seed: number;
}

const Environment = z.object({
  IAROS_SANDBOX_URL: z.url({ protocol: /^http$/ }).default('http://127.0.0.1:18090'),
  /** Address to listen on; loopback unless said otherwise. */
  IAROS_SANDBOX_HOST: z.string().min(1).default('127.0.0.1'),
  IAROS_SANDBOX_SEED: z.coerce.number().int().min(0).default(1),
  IAROS_DATA_DIR: z.string().min(1).default('.local/data'),
  IAROS_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

/** Reads the sandbox's settings; throws with every fault named. */
export function sandboxConfig(env: NodeJS.ProcessEnv): SandboxConfig {
  const read = Environment.safeParse(env);
  if (!read.success) throw new Error(`The sandbox cannot start:\n${z.prettifyError(read.error)}`);
  const { IAROS_SANDBOX_URL, IAROS_SANDBOX_HOST, IAROS_SANDBOX_SEED, IAROS_DATA_DIR, IAROS_LOG_LEVEL } = read.data;
  const { origin, port } = new URL(IAROS_SANDBOX_URL);
  return {
    host: IAROS_SANDBOX_HOST,
    port: Number(port || 80),
    url: origin,
    databaseFile: join(IAROS_DATA_DIR, 'sandbox', 'sandbox.sqlite'),
    logLevel: IAROS_LOG_LEVEL,
    seed: IAROS_SANDBOX_SEED,
  };
}

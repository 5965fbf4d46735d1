import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Secrets of one installation. They live as long as the data that were sealed and hashed with them. */
export interface Secrets {
  /** 32 bytes, base64. */
  masterKey: string;
  pepper: string;
  /** Bearer key with every role, for use on this machine alone. */
  devKey: string;
}

/** The secrets given in the environment, and for the rest those of the data folder, made on the first start. */
export async function localSecrets(dataDir: string, env: NodeJS.ProcessEnv): Promise<Secrets> {
  const folder = join(dataDir, 'secrets');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const secret = async (variable: string, name: string, make: () => string) =>
    env[variable] || (await kept(join(folder, name), make));
  return {
    masterKey: await secret('IAROS_MASTER_KEY', 'master-key', () => randomBytes(32).toString('base64')),
    pepper: await secret('IAROS_PEPPER', 'pepper', () => randomBytes(32).toString('base64')),
    devKey: await secret('IAROS_DEV_KEY', 'dev-key', () => `dev_${randomBytes(24).toString('base64url')}`),
  };
}

async function kept(file: string, make: () => string): Promise<string> {
  try {
    await writeFile(file, make(), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await readFile(file, 'utf8')).trim();
}

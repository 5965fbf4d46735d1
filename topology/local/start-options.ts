import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LocalFault } from './fault.ts';

export interface StartOptions {
  dataDir: string;
  cacheDir: string;
  /** Of the API. */
  port: number;
  fresh: boolean;
  onlyStack: boolean;
  /** Orders a second; undefined for no demo. */
  demoRate?: number;
}

const repo = join(import.meta.dirname, '..', '..');
const USAGE = 'npm start -- [--fresh] [--demo RATE] [--only stack]';

/** Where the servers' programs are kept between runs, apart from the data. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return resolve(env['IAROS_CACHE_DIR'] || join(repo, '.local', 'cache'));
}

/** @throws LocalFault that says which word is wrong and what would be right. */
export function startOptions(args: string[], env: NodeJS.ProcessEnv): StartOptions {
  const values = parse(args);
  if (values.only !== undefined && values.only !== 'stack') throw new LocalFault(`--only takes "stack": ${USAGE}`);
  const demoRate = values.demo === undefined ? undefined : Number(values.demo);
  if (demoRate !== undefined && !(demoRate > 0))
    throw new LocalFault(`--demo takes a number of orders a second above 0: ${USAGE}`);
  const port = Number(env['IAROS_PORT'] || 8080);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new LocalFault('IAROS_PORT must be a port from 1 to 65535.');
  return {
    dataDir: resolve(env['IAROS_DATA_DIR'] || join(repo, '.local', 'data')),
    cacheDir: cacheFolder(env),
    port,
    fresh: values.fresh ?? false,
    onlyStack: values.only === 'stack',
    ...(demoRate !== undefined && { demoRate }),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: { fresh: { type: 'boolean' }, demo: { type: 'string' }, only: { type: 'string' } },
    }).values;
  } catch (error) {
    throw new LocalFault(`${(error as Error).message.split('.')[0]}: ${USAGE}`);
  }
}

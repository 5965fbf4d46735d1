import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LocalFault } from './fault.ts';
import { removeRunFile, writeRunFile } from './run-file.ts';
import { startStack } from './stack.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, fresh: { type: 'boolean' } } });
const repo = join(import.meta.dirname, '..', '..');
const dataDir = resolve(process.env['IAROS_DATA_DIR'] ?? join(repo, '.local', 'data'));
const cacheDir = resolve(process.env['IAROS_CACHE_DIR'] ?? join(repo, '.local', 'cache'));
try {
  if (values.fresh) await rm(dataDir, { recursive: true, force: true });
  const stack = await startStack({ dataDir, cacheDir, env: process.env, onProgress: (line) => console.log(line) });
  await writeRunFile({ dataDir, addresses: stack.addresses, pids: { ...stack.pids, supervisor: process.pid } });
  console.table(stack.table());
  const stop = async () => {
    await removeRunFile(dataDir);
    await stack.stop();
    process.exit(0);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  setInterval(() => {}, 60_000);
} catch (error) {
  if (!(error instanceof LocalFault)) throw error;
  console.error(error.message);
  process.exit(1);
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isOwned, stopLeftovers } from './data-folder.ts';
import { LocalFault } from './fault.ts';

/** All that a start writes into the data folder. Whatever else lies there is left alone. */
const OURS = [
  ...['kafka', 'registry', 'redis', 'postgres', 'clickhouse', 'sandbox', 'secrets', 'logs', 'pids'],
  ...['ports.json', 'worker-ports.json', 'run.json', 'owner.json'],
];

/** Removes all local data, first stopping what an earlier run left behind. @throws LocalFault while the folder is in use. */
export async function wipeDataFolder(dataDir: string, say: (line: string) => void): Promise<void> {
  if (await isOwned(dataDir))
    throw new LocalFault(`The data folder ${dataDir} is in use: stop that run before starting fresh.`);
  await stopLeftovers(dataDir, say);
  for (const name of OURS) await rm(join(dataDir, name), { recursive: true, force: true });
}

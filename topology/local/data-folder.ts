import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, isAlive, type ProcessIdentity, stopProcess } from '../runtime/process-identity.ts';
import { LocalFault } from './fault.ts';

/**
 * The data folder belongs to one supervisor at a time. `owner.json` names it; `pids/<name>.json` names each process it started,
 * so that a start after a kill finds and stops what was left running.
 */
export async function takeDataFolder(dataDir: string, say: (line: string) => void): Promise<void> {
  await mkdir(join(dataDir, 'pids'), { recursive: true });
  await mkdir(join(dataDir, 'logs'), { recursive: true });
  const owner = await readIdentity(join(dataDir, 'owner.json'));
  if (owner && owner.pid !== process.pid && isAlive(owner)) {
    throw new LocalFault(
      `The data folder ${dataDir} is in use by process ${owner.pid}: stop that one, or set IAROS_DATA_DIR to another folder.`,
    );
  }
  await stopLeftovers(dataDir, say);
  await writeFile(join(dataDir, 'owner.json'), JSON.stringify(identify(process.pid)));
}

/** Gives the data folder up: the next start finds it free. */
export async function leaveDataFolder(dataDir: string): Promise<void> {
  await rm(join(dataDir, 'owner.json'), { force: true });
}

/** Whether a live supervisor owns the folder. */
export async function isOwned(dataDir: string): Promise<boolean> {
  const owner = await readIdentity(join(dataDir, 'owner.json'));
  return owner !== undefined && isAlive(owner);
}

/** Notes a started process; the returned function forgets it once it has ended. */
export async function notePid(dataDir: string, name: string, pid: number): Promise<() => Promise<void>> {
  const file = join(dataDir, 'pids', `${name}.json`);
  const identity = identify(pid);
  if (identity) await writeFile(file, JSON.stringify(identity));
  return async () => {
    if ((await readIdentity(file))?.pid === pid) await rm(file, { force: true });
  };
}

/** Stops every noted process that is still alive, all at once. */
export async function stopLeftovers(dataDir: string, say: (line: string) => void): Promise<void> {
  const folder = join(dataDir, 'pids');
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  await Promise.all(
    files.map(async (name) => {
      const identity = await readIdentity(join(folder, name));
      if (identity && isAlive(identity)) {
        say(`stopping ${name.replace('.json', '')} (pid ${identity.pid}), left over from an earlier run`);
        // Postgres waits for its clients on SIGTERM and not on SIGINT; the others take either.
        await stopProcess(identity, name === 'postgres.json' ? 'SIGINT' : 'SIGTERM', 10_000);
      }
      await rm(join(folder, name), { force: true });
    }),
  );
}

async function readIdentity(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Addresses } from './part.ts';

/** What runs now on a data folder, for the operator's commands and for tests. Lies in `<dataDir>/run.json`. */
export interface RunFile {
  addresses: Addresses;
  /** By name: the servers, the workers, and `supervisor`. */
  pids: Record<string, number>;
  /** Of the API; absent while only the servers run. */
  port?: number;
  sandboxUrl?: string;
  /** Folder with the running stack's secrets and logs. */
  dataDir: string;
}

const fileIn = (dataDir: string) => join(dataDir, 'run.json');

/** Replaces the file in one step: a reader never meets half of it. */
export function writeRunFile(run: RunFile): void {
  const fresh = `${fileIn(run.dataDir)}.new`;
  writeFileSync(fresh, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, fileIn(run.dataDir));
}

/** What runs on the data folder; undefined when nothing does. */
export async function readRunFile(dataDir: string): Promise<RunFile | undefined> {
  try {
    return JSON.parse(await readFile(fileIn(dataDir), 'utf8')) as RunFile;
  } catch {
    return undefined;
  }
}

export function removeRunFile(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

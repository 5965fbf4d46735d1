import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResult } from './batch.ts';
import type { Planned } from './plan.ts';

export type Outcome = { result: BatchResult } | { fault: string };

/** File that says that nothing more will come. */
export const ENDED = 'ended';
const POLL_MS = 100;

export async function storeResult(folder: string, name: string, outcome: Outcome): Promise<void> {
  const path = join(folder, name);
  await writeFile(`${path}.new`, JSON.stringify(outcome));
  await rename(`${path}.new`, path);
}

/** What the planned task gave, as soon as it has. Throws where it failed, or was not planned. */
export async function readResult(folder: string, { name }: Planned): Promise<BatchResult> {
  const path = join(folder, name);
  for (let last = false; ; last = existsSync(join(folder, ENDED))) {
    if (existsSync(path)) break;
    if (last) throw new Error(`the simulation ended without ${name}`);
    await sleep(POLL_MS);
  }
  const outcome = JSON.parse(await readFile(path, 'utf8')) as Outcome;
  if ('fault' in outcome) throw new Error(`${name}: ${outcome.fault}`);
  return outcome.result;
}

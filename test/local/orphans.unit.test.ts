import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endOrphans } from '../../topology/local/orphans.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iaros-orphans-'));
  mkdirSync(join(folder, 'data'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process of a program of that name, working in the folder. */
async function sleeper(program: string, cwd: string) {
  const file = join(folder, program);
  if (!existsSync(file)) copyFileSync('/bin/sleep', file);
  const child = spawn(file, ['60'], { cwd, stdio: 'ignore' });
  await once(child, 'spawn');
  return child;
}

test.runIf(process.platform === 'linux')('processes of the program that work in the folder are ended, and no others', async () => {
  const data = join(folder, 'data');
  const orphan = await sleeper('server', data);
  const elsewhere = await sleeper('server', folder);
  const another = await sleeper('shell', data);
  try {
    const ended = once(orphan, 'exit');
    await endOrphans('server', data);
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect([elsewhere, another].map(({ exitCode, signalCode }) => [exitCode, signalCode])).toEqual([[null, null], [null, null]]);
  } finally {
    for (const child of [orphan, elsewhere, another]) child.kill('SIGKILL');
  }
});

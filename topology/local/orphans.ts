import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

/**
 * Ends the processes of that program that work in the folder, and resolves when they are gone. For servers of several processes, some of
 * which outlive for a moment a first one that was killed: a second server on their data would ruin it. Finds nothing where there is no
 * `/proc`.
 */
export async function endOrphans(program: string, folder: string): Promise<void> {
  for (let left = workingIn(program, folder); left.length > 0; left = workingIn(program, folder)) {
    for (const pid of left) end(pid);
    await sleep(LOOK_EVERY_MS);
  }
}

function workingIn(program: string, folder: string): number[] {
  if (process.platform !== 'linux') return [];
  const real = realpathSync(folder);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => works(pid, program, real));
}

/** A process that ends while it is looked at works nowhere; nor does one of another user. */
function works(pid: number, program: string, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program;
  } catch {
    return false;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}

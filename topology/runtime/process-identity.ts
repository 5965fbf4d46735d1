import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process told apart from a later one that was given the same pid: `born` is its start time in the system's own terms. */
export interface ProcessIdentity {
  pid: number;
  born: string;
}

/** The identity of a live process; undefined when there is none, or only its unreaped remains. */
export function identify(pid: number): ProcessIdentity | undefined {
  const born = process.platform === 'linux' ? bornOnLinux(pid) : bornByPs(pid);
  return born === undefined ? undefined : { pid, born };
}

/** Whether the very process that was identified earlier still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.born === identity.born;
}

function bornOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name, in brackets, may hold spaces: the fields of fixed place come after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, born] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X' ? undefined : born;
  } catch {
    return undefined;
  }
}

function bornByPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}

/**
 * Stops a process, gently first.
 * @param patienceMs how long it may take after `signal` before it is killed.
 */
export async function stopProcess(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  patienceMs: number,
): Promise<void> {
  for (const [each, waitMs] of [
    [signal, patienceMs],
    ['SIGKILL', 10_000],
  ] as const) {
    if (!isAlive(identity)) return;
    try {
      process.kill(identity.pid, each);
    } catch {
      return;
    }
    const deadline = Date.now() + waitMs;
    while (isAlive(identity) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

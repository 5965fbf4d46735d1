import { execFileSync, spawnSync } from 'node:child_process';
import { LocalFault } from './fault.ts';

interface Ids {
  uid: number;
  gid: number;
}

/** How to run a program that refuses to run as root. */
export interface Unprivileged {
  /** The user who must own the data; undefined when we are an ordinary user already. */
  owner?: Ids;
  /** What to hand to spawn. Empty when the command line itself changes the user. */
  ids: Partial<Ids>;
  /** The command line to use for one. */
  wrap(command: string[]): string[];
}

/**
 * Finds a user to run as when we are root: `postgres` where it exists, else `nobody`. Nothing on the system is changed.
 * A user that cannot reach one of `folders` (say, a clone under /root) keeps, of root's powers, the one to pass through folders.
 * @throws LocalFault when neither is possible.
 */
export function findUnprivileged(folders: string[]): Unprivileged {
  if (process.getuid?.() !== 0) return { ids: {}, wrap: (command) => command };
  const ids = idsOf('postgres') ?? idsOf('nobody');
  if (!ids)
    throw new LocalFault(
      'Postgres does not run as root: start as an ordinary user, or set DATABASE_URL to a Postgres that runs.',
    );
  const closed = folders.find((folder) => !canEnter(folder, ids));
  if (!closed) return { owner: ids, ids, wrap: (command) => command };
  const passing = [
    ...['setpriv', `--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups'],
    ...['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup', '--'],
  ];
  if (spawnSync(passing[0] as string, [...passing.slice(1), 'ls', closed], { stdio: 'ignore' }).status !== 0) {
    throw new LocalFault(
      `Postgres does not run as root, and no other user may enter ${closed}: start as an ordinary user, ` +
        'move the folder, or set DATABASE_URL to a Postgres that runs.',
    );
  }
  return { owner: ids, ids: {}, wrap: (command) => [...passing, ...command] };
}

function idsOf(user: string): Ids | undefined {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

function canEnter(folder: string, ids: Ids): boolean {
  return spawnSync('/bin/ls', [folder], { ...ids, stdio: 'ignore', cwd: '/' }).status === 0;
}

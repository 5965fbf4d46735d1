const [armed, nth] = (process.env.FAILPOINT ?? '').split(':');
let remaining = Number(nth ?? 1);
let watcher: ((name: string) => void) | null = null;

/** Kills the process with SIGKILL at the nth passage of the point named in FAILPOINT=<name>:<nth>. For crash tests; free when unset. */
export function failpoint(name: string): void {
  watcher?.(name);
  if (!armed || armed !== name) return;
  remaining -= 1;
  if (remaining <= 0) process.kill(process.pid, 'SIGKILL');
}

/** Hears of every passage of every point, before anything else happens there; what it throws goes on from there. For simulations. */
export function watchFailpoints(onPassage: ((name: string) => void) | null): void {
  watcher = onPassage;
}

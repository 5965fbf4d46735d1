const [armed, nth] = (process.env.FAILPOINT ?? '').split(':');
let remaining = Number(nth ?? 1);

/** Kills the process with SIGKILL at the nth passage of the point named in FAILPOINT=<name>:<nth>. For crash tests; free when unset. */
export function failpoint(name: string): void {
  if (!armed || armed !== name) return;
  remaining -= 1;
  if (remaining <= 0) process.kill(process.pid, 'SIGKILL');
}

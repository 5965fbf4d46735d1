import { setTimeout as sleep } from 'node:timers/promises';
import type { Failpoint } from './failpoints.ts';

const [armed, nth] = (process.env.FAILPOINT ?? '').split(':');
let remaining = Number(nth ?? 1);

/** Long enough for a request to leave the process. */
const LEAVING_MS = 2;

/** Kills the process with SIGKILL at the nth passage of the point named in FAILPOINT=<name>:<nth>. For crash tests; free when unset. */
export function failpoint(name: Failpoint): void {
  if (!isArmed(name)) return;
  remaining -= 1;
  if (remaining <= 0) process.kill(process.pid, 'SIGKILL');
}

export const isArmed = (name: Failpoint): boolean => !!armed && armed === name;

/** As `failpoint`, for a point between a request and its answer: what was asked has left, and nobody acts on the answer. */
export async function failpointBefore<T>(name: Failpoint, answer: Promise<T>): Promise<T> {
  if (!isArmed(name)) return answer;
  answer.catch(() => undefined);
  await sleep(LEAVING_MS);
  failpoint(name);
  return answer;
}

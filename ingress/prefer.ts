/** RFC 7240's `wait`, the one preference heeded: seconds the client is ready to wait for a final status. */
export interface Waiting {
  seconds: number;
  /** Goes into Preference-Applied. */
  applied: string;
}

const LONGEST_S = 30;
const WAIT = /^\s*wait\s*=\s*"?(\d{1,6})"?\s*$/i;

/**
 * Null where no wait is asked for, or none that can be understood: a preference is never an error. Longer waits are cut
 * to 30 s.
 */
export function waitingOf(prefer: string | undefined): Waiting | null {
  for (const preference of (prefer ?? '').split(/[,;]/)) {
    const asked = Number(WAIT.exec(preference)?.[1] ?? 0);
    if (asked < 1) continue;
    const seconds = Math.min(asked, LONGEST_S);
    return { seconds, applied: `wait=${seconds}` };
  }
  return null;
}

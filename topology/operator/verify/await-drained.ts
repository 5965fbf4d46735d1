import { setTimeout as sleep } from 'node:timers/promises';

const LEAST_PAUSE_MS = 300;

/**
 * Waits until nobody has anything to read, by `measure`, but no longer than `patienceMs`. Gives the last measurement: messages by reader. A
 * measurement reads what is left itself, so it is followed by a pause as long: whoever is behind needs the processor more.
 */
export async function awaitDrained(measure: () => Promise<ReadonlyMap<string, number>>, patienceMs: number): Promise<ReadonlyMap<string, number>> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const begun = performance.now();
    const lag = await measure();
    if ([...lag.values()].every((messages) => messages === 0) || performance.now() >= deadline) return lag;
    await sleep(Math.max(LEAST_PAUSE_MS, performance.now() - begun));
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 300;

/** Waits until nobody has anything to read, by `measure`, but no longer than `patienceMs`. Gives the last measurement: messages by reader. */
export async function awaitDrained(measure: () => Promise<ReadonlyMap<string, number>>, patienceMs: number): Promise<ReadonlyMap<string, number>> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const lag = await measure();
    if ([...lag.values()].every((messages) => messages === 0) || performance.now() >= deadline) return lag;
    await sleep(LOOK_EVERY_MS);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

const BEAT_MS = 1_000;

/** Waits, and tells the group meanwhile that this member is alive. */
export async function beating(awaited: Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
  let over = false;
  const ended = awaited.then(() => { over = true; });
  while (!over) {
    const timer = new AbortController();
    await Promise.race([ended, sleep(BEAT_MS, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    if (!over) await heartbeat();
  }
}

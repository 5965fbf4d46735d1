const BEAT_MS = 1_000;

/** Waits, and tells the group meanwhile that this member is alive. */
export async function beating(awaited: Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
  let over = false;
  const ended = awaited.then(() => { over = true; });
  while (!over) {
    const timer = new AbortController();
    await Promise.race([ended, pause(BEAT_MS, timer.signal)]);
    timer.abort();
    if (!over) await heartbeat();
  }
}

/** Resolves after `ms`, or when `signal` aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, vi } from 'vitest';

/** Of the process, before any test. */
const real = ((globalThis as { iarosReal?: unknown }).iarosReal ??= { setTimeout, setInterval, Date, now: performance.now }) as Record<string, unknown>;

/** Unit tests share their processes: a clock or a timer that one file leaves behind would stop the next one's. Some leaks show in the file after. */
afterAll(async () => {
  expect(vi.isFakeTimers(), 'fake timers are left behind').toBe(false);
  expect({ setTimeout, setInterval, Date, now: performance.now }).toEqual(real);
  await Promise.race([sleep(1), new Promise((_, reject) => setTimeout(reject, 1_000, new Error('timers/promises stands still')).unref())]);
});

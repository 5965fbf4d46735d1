import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStoreClock, type StoreClock } from '../../../topology/runtime/store-clock.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Readings take no time here; numbers are floored once. */
const ROUNDING_MS = 1;

let clock: StoreClock | undefined;
/** What Redis's clock says beyond the fake one, ms, and what keeps it from answering. */
let storeAheadMs: number;
let silence: Error | null;
let lines: { level: string; skewSeconds: number }[];

const redis = {
  time: vi.fn(async (): Promise<[number, number]> => {
    if (silence) throw silence;
    const at = trueTime() + storeAheadMs;
    return [Math.floor(at / 1_000), Math.round((at % 1_000) * 1_000)];
  }),
};
const say = (level: string) => (facts: { skewSeconds: number }) => void lines.push({ level, ...facts });
const log = { error: say('error'), info: say('info'), debug: () => undefined } as never;

const START = Date.UTC(2026, 5, 1);
let startedAt: number;
/** Independent of what the machine's clock is set to. */
const trueTime = (): number => START + performance.now() - startedAt;

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  startedAt = performance.now();
  [storeAheadMs, silence, lines] = [0, null, []];
});
afterEach(() => {
  clock?.stop();
  vi.useRealTimers();
});

const setMachineClock = (time: number): void => void vi.setSystemTime(time);
const apart = (): number => Math.abs((clock as StoreClock).now() - (trueTime() + storeAheadMs));

describe('the time', () => {
  test.each([-2 * HOUR_MS, -10 * MINUTE_MS, 0, 10 * MINUTE_MS, 2 * HOUR_MS])('is the store’s where the machine is off by %i ms', async (off) => {
    setMachineClock(START + off);
    clock = await openStoreClock(redis as never, log);
    expect(apart()).toBeLessThanOrEqual(ROUNDING_MS);
    await vi.advanceTimersByTimeAsync(12_345);
    expect(apart()).toBeLessThanOrEqual(ROUNDING_MS);
  });

  test('neither jumps nor stands still when the machine’s clock is set', async () => {
    clock = await openStoreClock(redis as never, log);
    const before = clock.now();
    await vi.advanceTimersByTimeAsync(1_000);
    setMachineClock(START - 2 * HOUR_MS);
    expect(clock.now() - before).toBe(1_000);
    expect(clock.skewMs()).toBe(-2 * HOUR_MS - 1_000);
  });

  test('follows the store’s within seconds', async () => {
    clock = await openStoreClock(redis as never, log);
    storeAheadMs = 3_000;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(apart()).toBeLessThanOrEqual(ROUNDING_MS);
  });

  test('goes on while the store does not answer', async () => {
    clock = await openStoreClock(redis as never, log);
    silence = new Error('away');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(apart()).toBeLessThanOrEqual(ROUNDING_MS);
  });
});

describe('a machine whose clock is wrong', () => {
  test('is reported once, and once more when it is right again', async () => {
    clock = await openStoreClock(redis as never, log);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(lines).toEqual([]);
    setMachineClock(START + 2 * HOUR_MS);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(lines).toEqual([{ level: 'error', skewSeconds: 2 * 3_600 - 5 }]);
    setMachineClock(trueTime());
    await vi.advanceTimersByTimeAsync(15_000);
    expect(lines.slice(1)).toEqual([{ level: 'info', skewSeconds: 0 }]);
  });

  test('is reported at the start', async () => {
    setMachineClock(START - 10 * MINUTE_MS);
    clock = await openStoreClock(redis as never, log);
    expect(lines).toEqual([{ level: 'error', skewSeconds: -600 }]);
  });
});

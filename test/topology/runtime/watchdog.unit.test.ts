import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Watchdog } from '../../../topology/runtime/watchdog.ts';

const SILENCE_MS = 10_000;
const LOOK_EVERY_MS = 1_000;

let reachable: boolean;
let ended: number;
let watchdog: Watchdog;

beforeEach(() => {
  vi.useFakeTimers();
  [reachable, ended] = [true, 0];
  watchdog = new Watchdog({ silenceMs: SILENCE_MS, isReachable: async () => reachable, onSilence: () => void (ended += 1) });
  watchdog.start(LOOK_EVERY_MS);
});
afterEach(() => {
  watchdog.stop();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('one who gives signs is left alone', async () => {
  for (let passed = 0; passed < 5 * SILENCE_MS; passed += SILENCE_MS / 2) {
    await pass(SILENCE_MS / 2);
    watchdog.sign();
  }
  expect(ended).toBe(0);
});

test('silence ends it, once', async () => {
  await pass(SILENCE_MS);
  expect(ended).toBe(0);
  await pass(5 * SILENCE_MS);
  expect(ended).toBe(1);
});

test('silence means nothing while nobody can be reached, nor right after', async () => {
  reachable = false;
  await pass(6 * SILENCE_MS);
  reachable = true;
  await pass(SILENCE_MS - LOOK_EVERY_MS);
  expect(ended).toBe(0);
  await pass(3 * SILENCE_MS);
  expect(ended).toBe(1);
});

test('the clock of the machine does not count', async () => {
  vi.setSystemTime(Date.now() + 3_600_000);
  await pass(LOOK_EVERY_MS);
  expect(ended).toBe(0);
});

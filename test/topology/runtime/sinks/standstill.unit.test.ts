import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Standstill } from '../../../../topology/runtime/sinks/standstill.ts';

const said: [string, string, number][] = [];
const standstill = (): Standstill =>
  new Standstill({
    lookEveryMs: 1_000, tellAfterMs: 30_000, tell: (what, seconds) => void said.push(['tell', what, seconds]),
    endAfterMs: 120_000, end: (what, seconds) => void said.push(['end', what, seconds]),
  });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
  said.length = 0;
});
afterEach(() => void vi.useRealTimers());

it('gives what the work gives, and says nothing of work that ends or fails', async () => {
  const still = standstill();
  still.start();
  expect(await still.during('writing', Promise.resolve(7))).toBe(7);
  await expect(still.during('writing', Promise.reject(new Error('no')))).rejects.toThrow('no');
  vi.advanceTimersByTime(300_000);
  expect(said).toEqual([]);
  still.stop();
});

it('tells once of work that takes long, and ends the waiting later', () => {
  const still = standstill();
  still.start();
  void still.during('writing', new Promise(() => undefined));
  vi.advanceTimersByTime(29_000);
  expect(said).toEqual([]);
  void still.during('asking', new Promise(() => undefined));
  vi.advanceTimersByTime(2_000);
  expect(said).toEqual([['tell', 'writing', 30]]);
  vi.advanceTimersByTime(89_000);
  expect(said.at(-1)).toEqual(['end', 'writing', 120]);
  still.stop();
  said.length = 0;
  vi.advanceTimersByTime(300_000);
  expect(said).toEqual([]);
});

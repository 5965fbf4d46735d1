import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StandBack } from '../../../../topology/runtime/sinks/stand-back.ts';

const MANY = 3_000;
const waits: number[] = [];
let demand: number | null;
let standBack: StandBack;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date', 'setInterval', 'clearInterval'] });
  waits.length = 0;
  demand = 4;
  standBack = new StandBack({ longestMs: 10_000, demand: () => demand, waited: (ms) => void waits.push(ms) });
});
afterEach(() => {
  standBack.stop();
  vi.useRealTimers();
});

/** Much comes in, so that it looks at the machine for a while. */
function looked(ms = 1_000): void {
  expect(standBack.hold(MANY, Date.now())).toBeNull();
  vi.advanceTimersByTime(ms);
}
/** Whether the promise is resolved by now. */
const isOver = (held: Promise<void> | null): Promise<boolean> => Promise.race([held?.then(() => true) ?? true, Promise.resolve().then(() => Promise.resolve(false))]);

test('waits while the machine is crowded, and goes on once it is calm', async () => {
  looked();
  const held = standBack.hold(MANY, Date.now());
  expect(held).not.toBeNull();
  vi.advanceTimersByTime(3_000);
  expect(await isOver(held)).toBe(false);
  demand = 0;
  vi.advanceTimersByTime(1_000);
  await held;
  expect(standBack.hold(MANY, Date.now())).toBeNull();
  expect(waits).toEqual([expect.closeTo(3_700, -3)]);
});

test('one moment of calm is not yet calm, nor one of crowding crowded', async () => {
  demand = 1;
  looked();
  demand = 9;
  vi.advanceTimersByTime(200);
  expect(standBack.hold(MANY, Date.now())).toBeNull();
  vi.advanceTimersByTime(1_000);
  const held = standBack.hold(MANY, Date.now());
  demand = 0;
  vi.advanceTimersByTime(200);
  demand = 9;
  vi.advanceTimersByTime(1_000);
  expect(await isOver(held)).toBe(false);
});

test('never waits longer than it may, however crowded it stays', async () => {
  looked();
  const held = standBack.hold(MANY, Date.now());
  vi.advanceTimersByTime(9_900);
  expect(await isOver(held)).toBe(false);
  vi.advanceTimersByTime(100);
  await held;
  expect(waits).toEqual([10_000]);
});

test('what was written longer ago than it may wait does not wait', () => {
  looked();
  expect(standBack.hold(MANY, Date.now() - 10_000)).toBeNull();
});

test('the oldest of what waits sets the end, and is told of', async () => {
  looked();
  const held = standBack.hold(MANY, Date.now());
  expect(standBack.oldestTimestamp).toBe(Date.now());
  expect(standBack.hold(1, Date.now() - 8_000)).toBe(held);
  expect(standBack.oldestTimestamp).toBe(Date.now() - 8_000);
  vi.advanceTimersByTime(2_000);
  await held;
  expect(standBack.oldestTimestamp).toBeUndefined();
});

test('records of a clock that is ahead wait no longer than others', async () => {
  looked();
  const held = standBack.hold(MANY, Date.now() + 3_600_000);
  vi.advanceTimersByTime(10_000);
  await held;
});

test('little work does not wait, and nobody looks at the machine for it', () => {
  const look = vi.fn(() => 9);
  const little = new StandBack({ longestMs: 10_000, demand: look, waited: () => undefined });
  for (let second = 0; second < 20; second += 1) {
    expect(little.hold(1_000, Date.now())).toBeNull();
    vi.advanceTimersByTime(1_000);
  }
  expect(look).not.toHaveBeenCalled();
});

test('looks no more when it was not busy for a while', () => {
  looked(12_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(standBack.hold(MANY, Date.now())).toBeNull();
});

test('does not wait where the system does not tell, nor where it may not', () => {
  demand = null;
  looked();
  expect(standBack.hold(MANY, Date.now())).toBeNull();
  const never = new StandBack({ longestMs: 0, demand: () => 9, waited: () => undefined });
  never.hold(MANY, Date.now());
  vi.advanceTimersByTime(1_000);
  expect(never.hold(MANY, Date.now())).toBeNull();
});

test('stopped, it lets go of what waits', async () => {
  looked();
  const held = standBack.hold(MANY, Date.now());
  standBack.stop();
  await held;
  expect(vi.getTimerCount()).toBe(0);
});

import { expect, it, vi } from 'vitest';
import { awaitDrained } from '../../../../topology/operator/verify/await-drained.ts';

const lags = (...all: number[]) => {
  const measure = vi.fn(async () => new Map([['hold', 0], ['postgres-sink', all.length > 1 ? (all.shift() as number) : (all[0] as number)]]));
  return measure;
};

it('waits until nobody has anything to read', async () => {
  const measure = lags(3, 1, 0);
  expect(await awaitDrained(measure, 60_000)).toEqual(new Map([['hold', 0], ['postgres-sink', 0]]));
  expect(measure).toHaveBeenCalledTimes(3);
});

it('says what is left when the time is over', async () => {
  const measure = lags(7);
  expect((await awaitDrained(measure, 400)).get('postgres-sink')).toBe(7);
  expect(measure.mock.calls.length).toBeGreaterThan(1);
});

it('looks once where nobody wants to wait', async () => {
  const measure = lags(7);
  expect((await awaitDrained(measure, 0)).get('postgres-sink')).toBe(7);
  expect(measure).toHaveBeenCalledTimes(1);
});

import { expect, it } from 'vitest';
import { randomFromSupply } from '../../schemas/random-supply.ts';

it('hands out each byte once, as many as asked for, across draws', () => {
  const taken = Array.from({ length: 5_000 }, (_, at) => randomFromSupply(1 + (at % 40)));
  expect(taken.map(({ length }) => length)).toEqual(taken.map((_, at) => 1 + (at % 40)));
  const long = taken.filter(({ length }) => length >= 12).map((bytes) => bytes.toString('hex'));
  expect(new Set(long).size).toBe(long.length);
  const before = taken.map((bytes) => bytes.toString('hex'));
  for (const bytes of taken.slice(0, 100)) bytes.fill(0);
  expect(taken.slice(100).map((bytes) => bytes.toString('hex'))).toEqual(before.slice(100));
});

it('gives more than a supply holds at once', () => {
  const bytes = randomFromSupply(20_000);
  expect(bytes.length).toBe(20_000);
  expect(new Set(bytes).size).toBe(256);
});

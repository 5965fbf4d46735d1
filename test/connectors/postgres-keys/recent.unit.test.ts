import { expect, it } from 'vitest';
import { Recent } from '../../../connectors/postgres-keys/recent.ts';

it('keeps a value for its time, counted from when it held', () => {
  const recent = new Recent<string>(10, 60);
  recent.put('a', 'A', 100);
  expect([recent.get('a', 159), recent.get('a', 160)]).toEqual(['A', undefined]);
});

it('does not live longer by being used', () => {
  const recent = new Recent<string>(10, 60);
  recent.put('a', 'A', 0);
  recent.get('a', 59);
  expect(recent.get('a', 61)).toBeUndefined();
});

it('drops what was used longest ago', () => {
  const recent = new Recent<string>(2, 60);
  recent.put('a', 'A', 0);
  recent.put('b', 'B', 0);
  recent.get('a', 1);
  recent.put('c', 'C', 1);
  expect(['a', 'b', 'c'].map((key) => recent.get(key, 2))).toEqual(['A', undefined, 'C']);
});

it('drops what it is told to', () => {
  const recent = new Recent<{ of: number }>(10, 60);
  recent.put('a', { of: 1 }, 0);
  recent.put('b', { of: 2 }, 0);
  recent.deleteWhere(({ of }) => of === 1);
  expect([recent.get('a', 1), recent.get('b', 1)]).toEqual([undefined, { of: 2 }]);
});

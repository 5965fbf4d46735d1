import { expect, test } from 'vitest';
import { type FaultResult, percentile, resultsMarkdown, resultsTable, shortcomings, slowness } from './results.ts';

const result = (over: Partial<FaultResult>): FaultResult => ({
  fault: 'kills', title: 'SIGKILL', planned: 2, injected: 2, orders: 100, violations: [], recoveriesMs: [], seconds: 10,
  signs: { fenced: 0, replayed: 0, killed: 0, thrownAway: 0, rebuilt: 0, skewed: 0 }, ...over,
});

test('a percentile is one of the values: the nearest rank', () => {
  const values = Array.from({ length: 20 }, (_, index) => 20 - index);
  expect([0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([10, 19, 20]);
  expect(percentile([7], 0.95)).toBe(7);
  expect(percentile([], 0.5)).toBeNull();
});

test('the table has a row a fault and one of all', () => {
  const results = [result({ recoveriesMs: [1_000, 9_000] }), result({ title: 'a|b', orders: 50, injected: 3, violations: ['lost'] })];
  expect(resultsMarkdown(results).split('\n').slice(2)).toEqual([
    '| SIGKILL | 2 | 100 | 0 | 1.0 | 9.0 | 9.0 |',
    '| a\\|b | 3 | 50 | 1 | - | - | - |',
    '| all | 5 | 150 | 1 | 1.0 | 9.0 | 9.0 |',
  ]);
  const lines = resultsTable(results).split('\n');
  expect(lines).toHaveLength(4);
  expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
});

test('too few injections are a violation', () => {
  expect([...shortcomings(result({ injected: 1 }))]).toEqual(['injected 1 times of 2 planned']);
  expect([...shortcomings(result({}))]).toEqual([]);
});

test('a run is too slow when more than 5 in 100 of its recoveries are', () => {
  const slow = (count: number, of = 100): number[] => Array.from({ length: of }, (_, index) => (index < count ? 17_000 : 1_000));
  expect([...slowness(slow(6), 16_000)]).toEqual(['recovery p95 of all faults is 17.0 s, more than 16.0 s']);
  expect([...slowness(slow(5), 16_000)]).toEqual([]);
  expect([...slowness(slow(50, 99), 16_000)]).toEqual([]);
});

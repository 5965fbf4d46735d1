import { expect, it } from 'vitest';
import { mergedCommands } from '../../../topology/runtime/merged-commands.ts';
import type { FencedCommand } from '../../../topology/runtime/rebuild-lock.ts';

it('adds to a key once, sets its life once, and leaves other keys alone', () => {
  const given: FencedCommand[] = [
    ['HSET', 'a', 'f', 1],
    ['ZADD', 'z', 5, 'm'],
    ['PEXPIRE', 'z', 9],
    ['HSET', 'a', 'g', 2],
    ['HSET', 'b', 'f', 3],
    ['ZADD', 'z', 6, 'n'],
    ['PEXPIRE', 'z', 9],
  ];
  expect(mergedCommands(given)).toEqual([['HSET', 'a', 'f', 1, 'g', 2], ['ZADD', 'z', 5, 'm', 6, 'n'], ['PEXPIRE', 'z', 9], ['HSET', 'b', 'f', 3]]);
  expect(given[0]).toEqual(['HSET', 'a', 'f', 1]);
});

it('makes no command longer than a script can take', () => {
  const given = Array.from({ length: 5_000 }, (_, at): FencedCommand => ['ZADD', 'z', at, `m${at}`]);
  const merged = mergedCommands(given);
  expect(merged.every((command) => command.length <= 2_002)).toBe(true);
  expect(merged.flatMap(([, , ...args]) => args)).toEqual(given.flatMap(([, , ...args]) => args));
  expect(merged.length).toBeLessThan(10);
});

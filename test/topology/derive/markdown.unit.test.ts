import { expect, test } from 'vitest';
import { markdownTable, replaceBlocks } from '../../../topology/derive/markdown.ts';

test('a table, with bars in cells escaped', () => {
  expect(markdownTable(['a', 'b'], [['1', 'x|y']])).toBe('| a | b |\n| --- | --- |\n| 1 | x\\|y |');
});

test('replaces what stands between the markers, and nothing else', () => {
  const text =
    'before\n<!-- generated:a -->\nold\n<!-- /generated:a -->\nbetween\n<!-- generated:b --><!-- /generated:b -->\nafter';
  expect(replaceBlocks(text, { a: '$1 new', b: 'B\n', c: 'unused' })).toBe(
    'before\n<!-- generated:a -->\n$1 new\n<!-- /generated:a -->\nbetween\n<!-- generated:b -->\nB\n<!-- /generated:b -->\nafter',
  );
});

test('replacing twice changes nothing more', () => {
  const once = replaceBlocks('<!-- generated:a --><!-- /generated:a -->', { a: 'x' });
  expect(replaceBlocks(once, { a: 'x' })).toBe(once);
});

test('a block that nobody makes is a mistake', () => {
  expect(() => replaceBlocks('<!-- generated:nope -->', { a: '' })).toThrow('nope');
});

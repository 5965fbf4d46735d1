import { expect, test } from 'vitest';
import { table, wrap } from '../../../topology/operator/table.ts';

test('columns are as wide as their widest cell, numbers stand to the right, no line ends in spaces', () => {
  expect(table([{ node: 'hold', count: 5, note: '' }, { node: 'confirm-hold', count: 1200, note: 'late' }])).toBe(
    ['node          count  note', 'hold              5', 'confirm-hold   1200  late'].join('\n'),
  );
});

test('a cell of several lines makes its row as high', () => {
  expect(table([{ node: 'a', takes: 'One\nTwo', version: 7, last: 'end' }])).toBe(
    ['node  takes  version  last', 'a     One          7  end', '      Two'].join('\n'),
  );
});

test('text is broken between words; a word that is too long stands alone', () => {
  expect(wrap('checks passengers and currency', 10)).toBe('checks\npassengers\nand\ncurrency');
  expect(wrap('a an-extraordinarily-long-word b c', 6)).toBe('a\nan-extraordinarily-long-word\nb c');
  expect(wrap('', 10)).toBe('');
});

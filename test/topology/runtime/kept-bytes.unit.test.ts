import { expect, test } from 'vitest';
import { keptBytes } from '../../../topology/runtime/kept-bytes.ts';

test('a copy holds the same bytes, and no others', () => {
  const fetch = Buffer.from('one two three');
  const kept = keptBytes(fetch.subarray(4, 7));
  fetch.fill(0);
  expect(kept.toString()).toBe('two');
  expect(kept.buffer.byteLength).toBe(3);
});

test('nothing can be kept too', () => {
  expect(keptBytes(Buffer.alloc(0))).toHaveLength(0);
});

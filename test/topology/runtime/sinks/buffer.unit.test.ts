import { expect, test } from 'vitest';
import { SinkBuffer } from '../../../../topology/runtime/sinks/buffer.ts';

const piece = (topic: string, partition: number, from: number, next: number, rows = next - from) => ({
  range: { topic, partition, from: BigInt(from), next: BigInt(next) },
  entries: Array.from({ length: rows }, (_, n) => ({
    record: { topic, partition, offset: String(from + n), timestamp: String(1_000 + from + n), key: null, value: null, headers: undefined },
    row: `${topic}${partition}@${from + n}`,
  })),
  deadLetters: [],
});

function filled(...pieces: ReturnType<typeof piece>[]): SinkBuffer<string> {
  const buffer = new SinkBuffer<string>();
  for (const each of pieces) buffer.add(each);
  return buffer;
}

const summary = (buffer: SinkBuffer<string>, limit: number) =>
  buffer.take(limit).map(({ range, entries }) => [range.topic, range.partition, Number(range.from), Number(range.next), entries.map(({ row }) => row).join(' ')]);

test('pieces of a partition become one range, partitions come in a fixed order', () => {
  const buffer = filled(piece('b', 0, 5, 7), piece('a', 1, 0, 1), piece('b', 0, 7, 8), piece('a', 0, 3, 4));
  expect(summary(buffer, 10)).toEqual([
    ['a', 0, 3, 4, 'a0@3'], ['a', 1, 0, 1, 'a1@0'], ['b', 0, 5, 8, 'b0@5 b0@6 b0@7'],
  ]);
  expect([buffer.isEmpty, buffer.rows]).toEqual([true, 0]);
});

test('takes the oldest whole pieces up to the limit', () => {
  const buffer = filled(piece('a', 0, 0, 3), piece('a', 1, 0, 3), piece('a', 2, 0, 3));
  expect(summary(buffer, 7).map(([, partition]) => partition)).toEqual([0, 1]);
  expect([buffer.rows, buffer.oldestTimestamp]).toEqual([3, 1_000]);
});

test('a piece larger than the limit goes alone, one without rows goes along', () => {
  const buffer = filled(piece('a', 0, 0, 9), piece('a', 1, 0, 4, 0));
  expect(summary(buffer, 5)).toEqual([['a', 0, 0, 9, Array.from({ length: 9 }, (_, n) => `a0@${n}`).join(' ')]]);
  expect(summary(buffer, 5)).toEqual([['a', 1, 0, 4, '']]);
});

test('cleared, it holds nothing', () => {
  const buffer = filled(piece('a', 0, 0, 3));
  buffer.clear();
  expect([buffer.isEmpty, buffer.rows, buffer.take(5), buffer.oldestTimestamp]).toEqual([true, 0, [], undefined]);
});

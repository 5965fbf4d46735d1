import { expect, it } from 'vitest';
import type { RawRecord } from '../../../topology/runtime/dead-letter.ts';
import { PartitionFeed } from '../../../topology/runtime/partition-feed.ts';

const records = (count: number, from = 0): RawRecord[] =>
  Array.from({ length: count }, (_, at) => ({ topic: 't', partition: 0, offset: String(from + at), timestamp: '0', key: null, value: null, headers: {} }));

it('gives the oldest records first', () => {
  const feed = new PartitionFeed();
  feed.add(records(3));
  expect(feed.take(2).map(({ offset }) => offset)).toEqual(['0', '1']);
  expect(feed.take(2).map(({ offset }) => offset)).toEqual(['2']);
  expect(feed.isEmpty).toBe(true);
});

it('is full at 400 records, and tells of room when some have left', async () => {
  const feed = new PartitionFeed();
  feed.add(records(399));
  expect(feed.isFull).toBe(false);
  feed.add(records(1, 399));
  expect(feed.isFull).toBe(true);
  let hasRoom = false;
  const room = feed.room.then(() => (hasRoom = true));
  await Promise.resolve();
  expect(hasRoom).toBe(false);
  feed.take(1);
  await room;
  expect(feed.isFull).toBe(false);
});

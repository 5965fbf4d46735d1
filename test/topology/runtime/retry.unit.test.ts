import { expect, test } from 'vitest';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';
import { attemptsOf, delayAfter, dueAtOf, putOff } from '../../../topology/runtime/retry.ts';
import type { RawRecord } from '../../../topology/runtime/dead-letter.ts';

const away = new TransientFault('away');

test('the wait doubles from 1 s to 30 s and stays there, however many tries there were', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map((attempts) => delayAfter(attempts, away))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(delayAfter(100_000, away)).toBe(30_000);
});

test('a wait that is asked for is kept, within reason: a timer of weeks would fire at once', () => {
  const asking = (retryAfterMs: number) => delayAfter(1, new TransientFault('busy', { retryAfterMs }));
  expect([asking(10), asking(45_000), asking(999_999_999_000)]).toEqual([1_000, 45_000, 300_000]);
});

test('a record that is put off again and again counts on and keeps where it came from', () => {
  let record: RawRecord = { topic: 'orders.inventory-held.v1', partition: 3, offset: '17', timestamp: '5', key: Buffer.from('O-1'), value: Buffer.from('x'), headers: {} };
  for (let now = 0; now < 50; now += 1) record = { ...record, ...putOff('charge', record, away, now), key: record.key, partition: 3 };
  expect([attemptsOf(record), dueAtOf(record)]).toEqual([50, 49 + 30_000]);
  expect(record.headers).toMatchObject({ 'x-orig-topic': 'orders.inventory-held.v1', 'x-orig-offset': '17', 'x-first-failed-at': new Date(0).toISOString() });
});

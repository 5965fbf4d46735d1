import { describe, expect, test } from 'vitest';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';
import type { RawRecord } from '../../../topology/runtime/dead-letter.ts';
import { attemptsOf, delayAfter, putOff, stillToWaitMs } from '../../../topology/runtime/retry.ts';

const NOW = Date.UTC(2026, 5, 1);
const HOUR_MS = 3_600_000;
const fault = (retryAfterMs?: number) => new TransientFault('away', retryAfterMs === undefined ? {} : { retryAfterMs });

const record = (headers: Record<string, string>): RawRecord => ({
  topic: 'internal.retry.charge.v1', partition: 3, offset: '7', timestamp: String(NOW), key: Buffer.from('o'), value: Buffer.from('v'), headers,
});
/** As `putOff` writes it, for the given wait. */
const putOffFor = (retryAfterMs: number): RawRecord => {
  const { headers } = putOff('charge', record({}), fault(retryAfterMs), NOW);
  return record(headers);
};

describe('the wait between tries', () => {
  test('1 s, doubled up to 30 s', () => {
    expect([1, 2, 3, 4, 5, 6, 60].map((attempts) => delayAfter(attempts, fault()))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test('is longer where the other side asks for it, up to five minutes', () => {
    expect(delayAfter(1, fault(90_000))).toBe(90_000);
    expect(delayAfter(1, fault(31 * 365 * 24 * HOUR_MS))).toBe(300_000);
  });
});

describe('a record that was put off', () => {
  test('waits until it is due', () => {
    expect(stillToWaitMs(putOffFor(8_000), NOW, 0)).toBe(8_000);
    expect(stillToWaitMs(putOffFor(8_000), NOW + 5_000, 2_000)).toBe(3_000);
    expect(stillToWaitMs(putOffFor(8_000), NOW + 8_000, 0)).toBe(0);
  });

  test('again and again counts on, and keeps where it came from', () => {
    let again: RawRecord = { ...record({}), topic: 'orders.inventory-held.v1', offset: '17' };
    for (let now = NOW; now < NOW + 50; now += 1) again = { ...again, ...putOff('charge', again, fault(), now), key: again.key, partition: 3 };
    expect(attemptsOf(again)).toBe(50);
    expect(again.headers).toMatchObject({
      'x-orig-topic': 'orders.inventory-held.v1', 'x-orig-offset': '17', 'x-first-failed-at': new Date(NOW).toISOString(), 'x-retry-at': String(NOW + 49 + 30_000),
    });
  });

  test('waits no longer than it was put off for where the clock went back by hours', () => {
    expect(stillToWaitMs(putOffFor(8_000), NOW - 2 * HOUR_MS, 0)).toBe(8_000);
    expect(stillToWaitMs(putOffFor(8_000), NOW - 2 * HOUR_MS, 8_000)).toBe(0);
  });

  test.each(['9000000000000000', 'Infinity', 'soon', '', '-1'])('does not wait for a time that nobody gave it: %j', (time) => {
    expect(stillToWaitMs(record({ 'x-retry-at': time }), NOW, 0)).toBe(0);
  });

  test.each(['many', 'Infinity', '-3', '1.5'])('counts no tries that nobody made: %j', (attempts) => {
    expect(attemptsOf(record({ 'x-attempts': attempts }))).toBe(0);
    expect(putOff('charge', record({ 'x-attempts': attempts }), fault(), NOW).headers).toMatchObject({ 'x-attempts': '1', 'x-retry-at': String(NOW + 1_000) });
  });

  test('nor does any other record', () => {
    expect(stillToWaitMs(record({}), NOW, 0)).toBe(0);
  });
});

import { expect, test } from 'vitest';
import type { AuditEntry } from '../../../../schemas/types.ts';
import { deadLetter } from '../../../../topology/runtime/dead-letter.ts';
import { Unprocessable } from '../../../../topology/runtime/errors.ts';
import { countsOf } from '../../../../topology/operator/dead-letters/list.ts';
import { type DeadLetter, letterOf } from '../../../../topology/operator/dead-letters/letter.ts';
import { type Filter, filterOf, selectionOf } from '../../../../topology/operator/dead-letters/selection.ts';
import { sinceOf } from '../../../../topology/operator/since.ts';

const NOW = Date.UTC(2026, 11, 1, 12);
const HOUR = 3_600_000;

function letter(node: string, offset: number, { key = 'O-1', code = 'malformed', age = 0, handled = false } = {}): DeadLetter {
  const raw = { topic: 'orders.received.v1', partition: 2, offset: '9', timestamp: '1', key: Buffer.from(key), value: Buffer.from('x'), headers: {} };
  const { headers, value } = deadLetter(node, raw, new Unprocessable(code, 'no use'), 1, NOW);
  const entry = { subject: `${node}/0/${offset}`, action: 'discarded' } as AuditEntry;
  const record = { topic: `dlq.${node}.v1`, partition: 0, offset: String(offset), timestamp: String(NOW - age), key: raw.key, value, headers };
  return letterOf(node, record, new Map(handled ? [[entry.subject, entry]] : []));
}

const letters = [
  letter('receive', 1, { age: 3 * HOUR }), letter('receive', 2, { code: 'too_old', key: 'O-2' }), letter('hold', 1, { handled: true }), letter('hold', 2, { key: '\u0007 not an id' }),
];
const ids = (filter: Filter): string[] => letters.filter(filterOf(filter, NOW)).map(({ id }) => id);

test('a letter says where it came from and whose order it is, where its key can be one', () => {
  expect(letters[0]).toMatchObject({ id: 'receive/0/1', from: 'orders.received.v1/2@9', code: 'malformed', message: 'no use', orderId: 'O-1', attempts: 1 });
  expect(letters[3]?.orderId).toBeNull();
});

test('filters: open ones unless all are asked for', () => {
  expect(ids({})).toEqual(['receive/0/1', 'receive/0/2', 'hold/0/2']);
  expect(ids({ all: true })).toHaveLength(4);
  expect(ids({ node: 'hold' })).toEqual(['hold/0/2']);
  expect(ids({ code: 'too_old' })).toEqual(['receive/0/2']);
  expect(ids({ order: 'O-1', all: true })).toEqual(['receive/0/1', 'hold/0/1']);
  expect(ids({ since: '2h' })).toEqual(['receive/0/2', 'hold/0/2']);
});

test('counts by node and code, most first', () => {
  expect(countsOf([...letters, letter('hold', 3)])).toEqual([
    { node: 'hold', code: 'malformed', letters: 3 }, { node: 'receive', code: 'malformed', letters: 1 }, { node: 'receive', code: 'too_old', letters: 1 },
  ]);
});

test('a selection: ids, a node, or a filter', () => {
  const picked = (names: string[], filter: Filter = {}): string[] => selectionOf(names, filter, NOW).pick(letters).map(({ id }) => id);
  expect(picked(['receive/0/2', 'receive/0/2'])).toEqual(['receive/0/2']);
  expect(picked(['receive'])).toEqual(['receive/0/1', 'receive/0/2']);
  expect(picked([], { code: 'too_old' })).toEqual(['receive/0/2']);
  expect(picked(['hold/0/1'], { all: true })).toEqual(['hold/0/1']);
  expect(picked(['hold'], { all: true })).toEqual(['hold/0/1', 'hold/0/2']);
  expect(() => picked([], { all: true })).toThrow(/^say which/);
  expect(() => picked([])).toThrow(/^say which/);
  expect(() => picked(['receive', 'hold'])).toThrow('name one node, not receive and hold');
  expect(() => picked(['receive/0/2'], { code: 'too_old' })).toThrow('not both');
  expect(() => picked(['receive/0/7'])).toThrow('receive has no dead letter at offset 7');
  expect(() => picked(['nosuch'])).toThrow(/^no node is named nosuch/);
});

test('since: so long ago, or a date', () => {
  expect(sinceOf(undefined, NOW)).toBe(0);
  expect([sinceOf('90s', NOW), sinceOf('2h', NOW), sinceOf('7d', NOW)]).toEqual([NOW - 90_000, NOW - 2 * HOUR, NOW - 168 * HOUR]);
  expect(sinceOf('2026-12-01T11:00:00Z', NOW)).toBe(NOW - HOUR);
  for (const text of ['yesterday', '2 h', '', '5', '2026-99-01']) expect(() => sinceOf(text, NOW)).toThrow(/is no time/);
});

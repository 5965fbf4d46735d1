import { expect, test } from 'vitest';
import { isDate, yearsBetween } from '../../../processors/orders/calendar.ts';

test.each([
  ['2026-12-24', true],
  ['2024-02-29', true],
  ['2000-02-29', true],
  ['2026-02-29', false],
  ['1900-02-29', false],
  ['2026-04-31', false],
  ['2026-13-01', false],
  ['2026-00-10', false],
  ['2026-01-00', false],
  ['2026-1-1', false],
  ['2026-12-24T00:00', false],
  ['', false],
])('%j is a date: %s', (text, expected) => {
  expect(isDate(text)).toBe(expected);
});

test.each([
  ['1985-12-10', '2026-12-09', 40],
  ['1985-12-10', '2026-12-10', 41],
  ['2024-02-29', '2026-02-28', 1],
  ['2024-02-29', '2026-03-01', 2],
  ['2026-12-25', '2026-12-24', -1],
  ['2026-12-24', '2026-12-24', 0],
])('from %s to %s: %i years', (from, to, expected) => {
  expect(yearsBetween(from, to)).toBe(expected);
});

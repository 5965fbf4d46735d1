import { expect, test } from 'vitest';
import { uuidV7 } from '../../ingress/order-id.ts';

test('ids are UUIDs of version 7, tell their time, and never come twice, however many are made in one millisecond', () => {
  const now = Date.UTC(2026, 10, 1);
  const ids = Array.from({ length: 2_000 }, () => uuidV7(now));
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids.map((id) => Number.parseInt(id.replace('-', '').slice(0, 12), 16)))).toEqual(new Set([now]));
  expect(new Set(ids).size).toBe(ids.length);
});

test('later ids sort after earlier ones', () => {
  expect(uuidV7(1_000) < uuidV7(1_001)).toBe(true);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor, InvalidCursor } from '../../../connectors/postgres/cursor.ts';

test('a cursor gives back what went in, and is safe in an address', () => {
  const orderId = fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme' }).filter((text) => !text.includes('\0'));
  fc.assert(fc.property(fc.integer(), orderId, (placedAt, id) => {
    const cursor = encodeCursor({ placedAt, orderId: id });
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(decodeCursor(cursor)).toEqual({ placedAt, orderId: id });
  }));
});

test('any other text is refused, never an internal fault', () => {
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      expect(encodeCursor(decodeCursor(text))).toBe(text);
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidCursor);
    }
  }));
});

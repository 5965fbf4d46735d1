import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeText, writeVarInt } from '../../schemas/binary.ts';

const OUTSIDE = 0xee;
const PLACE = 3;

/** What is written at a place within a buffer, and what lies around it. */
function written(write: (bytes: Buffer) => number): { bytes: Buffer; before: Buffer; after: Buffer } {
  const bytes = Buffer.alloc(4_096, OUTSIDE);
  const end = write(bytes);
  return { bytes: bytes.subarray(PLACE, end), before: bytes.subarray(0, PLACE), after: bytes.subarray(end) };
}

describe('texts', () => {
  const stock = avro.Type.forSchema('string');
  const asAvro = (text: string): void => {
    const { bytes, before, after } = written((buffer) => writeText(buffer, PLACE, text));
    expect(bytes).toEqual(stock.toBuffer(text));
    expect([...before, ...after].every((byte) => byte === OUTSIDE)).toBe(true);
  };

  it('are written as Avro says, short and long, plain and not', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'grapheme-ascii', maxLength: 200 }), fc.string({ unit: 'grapheme', maxLength: 100 })), asAvro));
  });

  it.each([0, 1, 62, 63, 64, 65, 127, 128, 1_000])('of %d characters', (length) => {
    asAvro('x'.repeat(length));
    asAvro('é'.repeat(length));
  });

  it('hold a replacement character where there was half a pair', () => {
    const half = `a${String.fromCharCode(0xd83d)}b`;
    const { bytes } = written((buffer) => writeText(buffer, PLACE, half));
    expect(bytes.subarray(1).toString()).toBe(`a${String.fromCharCode(0xfffd)}b`);
  });

  it('that do not fit end beyond the buffer, which keeps its length', () => {
    for (const text of ['short enough', 'x'.repeat(100), 'é'.repeat(40)]) {
      const small = Buffer.alloc(10);
      expect(writeText(small, 2, text)).toBe(2 + stock.toBuffer(text).length);
      expect(writeText(small, 11, text)).toBe(11 + stock.toBuffer(text).length);
    }
  });
});

it('32-bit integers are written as Avro says', () => {
  const stock = avro.Type.forSchema('int');
  fc.assert(
    fc.property(fc.integer(), (value) => {
      expect(written((buffer) => writeVarInt(buffer, PLACE, value)).bytes).toEqual(stock.toBuffer(value));
    }),
  );
});

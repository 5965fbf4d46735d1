import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Encoder } from '../../../../topology/runtime/kafkajs/encoder.ts';
import { kafkajsModule } from '../../../../topology/runtime/kafkajs-patches.ts';
import { stockModule } from './stock-module.ts';

type AnyEncoder = Encoder & Record<string, (...values: unknown[]) => unknown>;
type AnyClass = (new (size?: number) => AnyEncoder) & Record<string, (value: unknown) => number>;
const Stock = stockModule<AnyClass>('src/protocol/encoder.js');
const Unfilled = kafkajsModule<AnyClass>('src/protocol/encoder.js');

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.option(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary', maxLength: 900 })));
const bytes = fc.option(fc.uint8Array({ maxLength: 900 }).map((array) => Buffer.from(array)));
const write = fc.oneof(
  int(8).map((value) => ['writeInt8', value] as const), int(16).map((value) => ['writeInt16', value] as const),
  int(32).map((value) => ['writeInt32', value] as const), fc.nat(2 ** 31 - 1).map((value) => ['writeUInt32', value] as const),
  long.map((value) => ['writeInt64', value] as const), fc.double().map((value) => ['writeDouble', value] as const),
  fc.boolean().map((value) => ['writeBoolean', value] as const), long.map((value) => ['writeVarLong', value] as const),
  int(32).map((value) => ['writeVarInt', value] as const), int(32).map((value) => ['writeUVarInt', value] as const),
  text.map((value) => ['writeString', value] as const), text.map((value) => ['writeVarIntString', value] as const),
  text.map((value) => ['writeUVarIntString', value] as const), bytes.map((value) => ['writeBytes', value] as const),
  bytes.map((value) => ['writeVarIntBytes', value] as const), bytes.map((value) => ['writeUVarIntBytes', value] as const),
  fc.array(int(32)).map((value) => ['writeArray', value] as const), fc.array(fc.string()).map((value) => ['writeNullableArray', value] as const),
);

function encoded(Class: AnyClass, size: number, writes: (readonly [string, unknown])[]): Buffer {
  const encoder = new Class(size);
  const inner = new Class();
  for (const [method, value] of writes) {
    (encoder[method] as (value: unknown) => unknown)(value);
    (inner[method] as (value: unknown) => unknown)(value);
  }
  expect(inner.size()).toBe(inner.buffer.length);
  return (encoder.writeEncoder(inner) as AnyEncoder).buffer;
}

it('writes what the stock encoder writes, however often it grows, over memory of any content', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), fc.array(write, { maxLength: 30 }), (size, writes) => {
      // Leaves bytes that are not zero in the memory handed out next.
      Buffer.allocUnsafe(4_000).fill(0xa5);
      expect(encoded(Unfilled, size, writes).equals(encoded(Stock, size, writes))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('keeps the static functions', () => {
  for (const value of [0, -1, 63, 64, 2 ** 31 - 1, -(2 ** 31)]) {
    for (const name of ['sizeOfVarInt', 'sizeOfVarLong', 'encodeZigZag']) expect(Unfilled[name]?.(value)).toBe(Stock[name]?.(value));
  }
  expect(Unfilled.sizeOfVarIntBytes?.('é')).toBe(3);
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writeRecord, roomFor } from '../../../../topology/runtime/kafkajs/record-writer.ts';
import { decodeRecord } from '../../../../topology/runtime/kafkajs/record-decoder.ts';
import { kafkajsModule } from '../../../../topology/runtime/kafkajs-patches.ts';
import { stockModule } from './stock-module.ts';

type AnyDecoder = Parameters<typeof decodeRecord>[0];
const DECODE = 'src/protocol/recordBatch/record/v0/decoder.js';
const stock = stockModule<typeof decodeRecord>(DECODE);
const Decoder = stockModule<new (bytes: Buffer) => AnyDecoder & { readVarInt(): number }>('src/protocol/decoder.js');

type Outgoing = Parameters<typeof writeRecord>[2];
function recordBytes(message: Outgoing, offsetDelta: number, timestampDelta: number): Buffer {
  const bytes = Buffer.alloc(roomFor(message) + 10);
  const end = writeRecord(bytes, 0, message, offsetDelta, timestampDelta);
  const decoder = new Decoder(bytes);
  decoder.readVarInt();
  return bytes.subarray(decoder.offset, end);
}

const field = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array))));
const name = fc.oneof(fc.constantFrom('ce_id', 'ce_type', 'ce_idx', ''), fc.string({ unit: 'binary', maxLength: 80 })).filter((one) => !(one in {}));
const message = fc.record({ key: field, value: field, headers: fc.dictionary(name, fc.oneof(field, fc.array(field, { minLength: 1, maxLength: 4 })), { maxKeys: 9 }) });
const delta = fc.oneof(fc.integer({ min: -5, max: 70_000 }), fc.integer({ min: -(2 ** 40), max: 2 ** 40 }));
const base = fc.oneof(fc.nat().map(String), fc.bigInt({ min: 2n ** 53n - 70_000n, max: 2n ** 62n }).map(String), fc.constantFrom('-1', '0'));
const context = fc.record(
  { firstOffset: base, firstTimestamp: base, maxTimestamp: base, timestampType: fc.constantFrom(0, 1), magicByte: fc.constant(2), isControlBatch: fc.boolean() },
  { requiredKeys: ['firstOffset', 'firstTimestamp'] },
);

it('any record is decoded as the stock client decodes it', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 3 }), fc.nat(2 ** 31 - 1), delta, context, (messages, offsetDelta, timestampDelta, batch) => {
      for (const one of messages) {
        const bytes = recordBytes(one, offsetDelta, timestampDelta);
        expect(decodeRecord(new Decoder(bytes), batch)).toEqual(stock(new Decoder(bytes), batch));
      }
    }),
    { numRuns: 400 },
  );
});

const batch = { firstOffset: '5', firstTimestamp: '1000' };

it('names at the same place that begin alike are told apart', () => {
  const decode = (headers: Record<string, string>) => Object.keys(decodeRecord(new Decoder(recordBytes({ value: 'v', headers }, 0, 0)), batch).headers);
  for (const wanted of ['ce_id', 'ce_idx', 'ce_i', '', 'ce_id']) expect(decode({ [wanted]: 'x' })).toEqual([wanted]);
});

it('headers may be called like methods of objects', () => {
  const headers = Object.fromEntries([['toString', 'a'], ['__proto__', 'b'], ['constructor', 'c']]);
  const decoded = decodeRecord(new Decoder(recordBytes({ value: 'v', headers }, 0, 0)), batch);
  expect(Object.entries(decoded.headers)).toEqual([['toString', Buffer.from('a')], ['__proto__', Buffer.from('b')], ['constructor', Buffer.from('c')]]);
  expect(Object.getPrototypeOf(decoded.headers)).toBe(Object.prototype);
});

it('is the decoder that kafkajs uses', () => {
  expect(kafkajsModule(DECODE)).toBe(decodeRecord);
});

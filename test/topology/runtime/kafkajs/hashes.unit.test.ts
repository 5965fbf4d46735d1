import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32c } from '../../../../topology/runtime/kafkajs/crc32c.ts';
import { murmur2 } from '../../../../topology/runtime/kafkajs/murmur2.ts';
import { kafkajsModule } from '../../../../topology/runtime/kafkajs-patches.ts';
import { stockModule } from './stock-module.ts';

const stockCrc32c = stockModule<(bytes: Uint8Array) => number>('src/protocol/recordBatch/crc32C/index.js');
const stockMurmur2 = stockModule<(key: unknown) => number>('src/producer/partitioners/default/murmur2.js');

it('crc32c is the published check value for its check text, and that of the stock function for any bytes', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(40), fc.nat(40), (bytes, before, after) => {
      const within = Buffer.concat([Buffer.alloc(before, 7), bytes, Buffer.alloc(after, 9)]);
      expect(crc32c(bytes)).toBe(stockCrc32c(bytes));
      expect(crc32c(within, before, before + bytes.length)).toBe(stockCrc32c(bytes));
    }),
  );
});

it('murmur2 puts every key where the stock client and Java clients put it', () => {
  // From the tests of the Java client.
  expect(murmur2('21')).toBe(-973932308);
  expect(murmur2('foobar')).toBe(-790332482);
  expect(murmur2('a-little-bit-long-string')).toBe(-985981536);
  expect(murmur2('lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8')).toBe(-58897971);
  const key = fc.oneof(fc.string({ unit: 'binary' }), fc.uuid(), fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array)), fc.integer());
  fc.assert(fc.property(key, (one) => void expect(murmur2(one)).toBe(stockMurmur2(one))), { numRuns: 500 });
});

it('both are the ones that kafkajs uses', () => {
  expect(kafkajsModule('src/producer/partitioners/default/murmur2.js')).toBe(murmur2);
  const used = kafkajsModule<(bytes: Uint8Array) => number>('src/protocol/recordBatch/crc32C/index.js');
  expect(String(used)).not.toBe(String(stockCrc32c));
  expect(used(Buffer.from('123456789'))).toBe(0xe3069283);
});

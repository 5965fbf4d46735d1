import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Encoder } from '../../../../topology/runtime/kafkajs/encoder.ts';
import { type ProduceProtocol, type ProduceRequest } from '../../../../topology/runtime/kafkajs/produce-request.ts';
import type { OutgoingMessage } from '../../../../topology/runtime/kafkajs/record-writer.ts';
import { kafkajsModule } from '../../../../topology/runtime/kafkajs-patches.ts';
import { stockModule } from './stock-module.ts';

type Frame = (framed: { correlationId: number; clientId: string; request: object }) => Promise<Encoder>;
type Decoder = { offset: number };
type DecodeMessages = (decoder: Decoder) => Promise<{ key: Buffer | null; value: Buffer | null; headers: Record<string, unknown> }[]>;

const PRODUCE = 'src/protocol/requests/produce/v7/request.js';
const versions = { stock: stockModule<ProduceProtocol>(PRODUCE), fast: kafkajsModule<ProduceProtocol>(PRODUCE) };
const frames = { stock: stockModule<Frame>('src/protocol/request.js'), fast: kafkajsModule<Frame>('src/protocol/request.js') };
const NOW = Date.UTC(2026, 5, 1);

beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

async function framed(kind: 'stock' | 'fast', request: ProduceRequest, clientId: string): Promise<Buffer> {
  return (await frames[kind]({ correlationId: 7, clientId, request: versions[kind](request) })).buffer;
}

const text = fc.oneof(
  fc.string({ maxLength: 70 }), fc.string({ unit: 'grapheme', maxLength: 70 }), fc.string({ unit: 'binary', minLength: 60, maxLength: 9_000 }),
  fc.string({ maxLength: 130 }).map((cut) => `${cut}\ud800`),
);
const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ minLength: 8_000, maxLength: 20_000 })).map((array) => Buffer.from(array));
const field = fc.oneof(text, bytes);
const headers = fc.dictionary(
  fc.oneof(fc.constantFrom('', 'ce_id', 'toString', 'x'.repeat(63), 'x'.repeat(64)), text),
  fc.oneof(field, fc.array(field, { maxLength: 3 })), { maxKeys: 10 },
);
const timestamp = fc.oneof(fc.constant(String(NOW)), fc.bigInt({ min: 0n, max: 10n ** 15n }).map(String), fc.constantFrom('0', '1', String(NOW + 2 ** 30), String(NOW - 1)));
const message: fc.Arbitrary<OutgoingMessage> = fc.record({ key: fc.option(field), value: fc.option(field), headers, timestamp }, { requiredKeys: ['value'] });
const topicData = fc.array(
  fc.record({
    topic: text,
    partitions: fc.array(
      fc.record({ partition: fc.nat(), firstSequence: fc.nat(2 ** 31 - 1), messages: fc.array(message, { maxLength: 5 }) }, { requiredKeys: ['partition', 'messages'] }),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 3 },
);
const request: fc.Arbitrary<ProduceRequest> = fc.record(
  {
    acks: fc.constantFrom(-1, 0, 1), timeout: fc.nat(60_000), transactionalId: fc.option(text, { nil: undefined }),
    producerId: fc.oneof(fc.nat().map(String), fc.constant(-1)), producerEpoch: fc.nat(32_767), compression: fc.constant(0), topicData,
  },
  { requiredKeys: ['acks', 'timeout', 'topicData'] },
);

it('any request has the very bytes that the stock client sends', async () => {
  await fc.assert(
    fc.asyncProperty(request, text, async (asked, clientId) => {
      expect((await framed('fast', asked, clientId)).equals(await framed('stock', asked, clientId))).toBe(true);
    }),
    { numRuns: 150 },
  );
}, 30_000);

const oneRecord = (record: object, compression = 0): ProduceRequest => ({
  acks: -1, timeout: 1, compression, topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [record as OutgoingMessage] }] }],
});

it.each([62, 63, 64, 65, 8_190, 8_191, 8_192, 2 ** 20, 2 ** 21])('lengths around the widths of a length are the same: %i', async (length) => {
  const asked = oneRecord({ key: 'k'.repeat(Math.min(length, 70)), value: Buffer.alloc(length, 1), headers: { h: 'é'.repeat(Math.min(length, 70)) } });
  expect((await framed('fast', asked, 'c')).equals(await framed('stock', asked, 'c'))).toBe(true);
  const bare = oneRecord({ value: Buffer.alloc(length - 8, 1) });
  expect((await framed('fast', bare, 'c')).equals(await framed('stock', bare, 'c'))).toBe(true);
});

it('records of many bytes share a request', async () => {
  const messages = Array.from({ length: 500 }, (_, n) => ({ key: `order-${n}`, value: Buffer.alloc(1_200, n), headers: { ce_id: `${n}`, ce_type: 'OrderPlaced' } }));
  const asked: ProduceRequest = { acks: -1, timeout: 1, transactionalId: 'place-0', topicData: [{ topic: 't', partitions: [{ partition: 3, firstSequence: 9, messages }] }] };
  expect((await framed('fast', asked, 'c')).equals(await framed('stock', asked, 'c'))).toBe(true);
});

it.each([{ value: 5 }, { value: {} }, { key: 0, value: 'v' }, { value: 'v', headers: { h: 1 } }, { value: 'v', headers: { h: ['a', true] } }])('%j is refused as by the stock client', async (record) => {
  await expect(versions.fast(oneRecord(record)).encode()).rejects.toThrow(TypeError);
  await expect(versions.stock(oneRecord(record)).encode()).rejects.toThrow(TypeError);
});

it('a header without a value can be sent on, which the stock client cannot', async () => {
  const asked = oneRecord({ key: 'k', value: 'v', headers: { empty: null, both: [null, 'x'] } });
  await expect(versions.stock(asked).encode()).rejects.toThrow(TypeError);
  const encoded = (await versions.fast(asked).encode()).buffer;
  const StockDecoder = stockModule<new (buffer: Buffer) => Decoder>('src/protocol/decoder.js');
  const decoder = new StockDecoder(encoded);
  decoder.offset = 2 + 2 + 4 + 4 + (2 + 1) + 4 + 4;
  const [record] = await stockModule<DecodeMessages>('src/protocol/requests/fetch/v4/decodeMessages.js')(decoder);
  expect(record).toMatchObject({ key: Buffer.from('k'), value: Buffer.from('v'), headers: { empty: null, both: [null, Buffer.from('x')] } });
});

it('compressed batches are those of the stock client', async () => {
  const GZIP = 1;
  const asked = oneRecord({ key: 'k', value: 'v'.repeat(500), headers: { h: 'x' } }, GZIP);
  expect((await framed('fast', asked, 'c')).equals(await framed('stock', asked, 'c'))).toBe(true);
});

it('the encoder is used by every request', () => {
  const EncoderClass = kafkajsModule<new () => Encoder>('src/protocol/encoder.js');
  expect(EncoderClass.name).toBe('UnfilledEncoder');
});

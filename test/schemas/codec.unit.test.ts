import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EncodedEvent, memoryCodec, Undecodable, Unencodable } from '../../schemas/codec.ts';
import { standaloneSchemas } from '../../schemas/load.ts';
import { type AnyOrderEvent, EVENT_TYPES } from '../../schemas/types.ts';
import { arbitraryCommand, arbitraryEvent, arbitraryTimer } from './arbitrary-order.ts';

const codec = memoryCodec();
const sample = (seed: number): AnyOrderEvent => fc.sample(arbitraryEvent(['TicketIssued']), { seed, numRuns: 1 })[0]!;

/** What decoding fails with; anything but Undecodable fails the test. */
async function refusalOf(value: Buffer): Promise<string> {
  try {
    await codec.decode(value);
  } catch (error) {
    if (error instanceof Undecodable) return error.code;
    throw error;
  }
  return 'decoded';
}

/** Avro's variable-length long. */
function long(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = BigInt(value) << 1n; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}

describe('events that follow each other', () => {
  /** The second's order, with what is picked taken over from the first's. */
  const following = (first: AnyOrderEvent, second: AnyOrderEvent, same: boolean[]): AnyOrderEvent => {
    const kept = Object.entries(first.order).filter((_, at) => same[at]);
    return { ...second, order: { ...second.order, ...Object.fromEntries(kept) } } as AnyOrderEvent;
  };

  it('have the bytes of a record written whole, whatever the next one shares with the one before', () => {
    const fields = fc.array(fc.boolean(), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(fc.tuple(arbitraryEvent(), fields), { minLength: 2, maxLength: 5 }), (drawn) => {
        let before: EncodedEvent | undefined;
        for (const [event, same] of drawn) {
          const next = before ? following(before.event, event, same) : event;
          before = codec.encodeEvent(next, before);
          expect(before.bytes).toEqual(codec.encode(next.type, next));
          expect(before.places).toBeDefined();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('follow one read from elsewhere, whose places are not known', () => {
    const [first, second] = [sample(1), sample(2)];
    const next = following(first, second, Array<boolean>(30).fill(true));
    expect(codec.encodeEvent(next, { event: first, bytes: codec.encode(first.type, first) }).bytes).toEqual(codec.encode(next.type, next));
  });

  it('may be larger than what most are written in', () => {
    const event = sample(3);
    const large = { ...event, order: { ...event.order, faults: Array.from({ length: 2_000 }, () => ({ code: 'x'.repeat(20), pointer: '/items', detail: 'é'.repeat(30) })) } };
    const encoded = codec.encodeEvent(large, codec.encodeEvent(event));
    expect(encoded.bytes).toEqual(codec.encode(large.type, large));
    expect(codec.encodeEvent(event, encoded).bytes).toEqual(codec.encode(event.type, event));
  });

  it('are refused where they do not fit, and the next one is none the worse', () => {
    const event = sample(4);
    const before = codec.encodeEvent(event);
    const unfit = { ...event, order: { ...event.order, placedAt: 'yesterday' as unknown as number } };
    expect(() => codec.encodeEvent(unfit, before)).toThrow(expect.objectContaining({ name: 'Unencodable', paths: ['order.placedAt'] }));
    expect(codec.encodeEvent({ ...event, version: event.version + 1 }, before).bytes).toEqual(codec.encode(event.type, { ...event, version: event.version + 1 }));
  });
});

describe('round trip', () => {
  it.each(EVENT_TYPES)('%s comes back as it went', (type) => {
    fc.assert(
      fc.property(arbitraryEvent([type]), (event) => {
        expect(codec.decode(codec.encode(type, event))).toStrictEqual({
          name: type,
          schemaId: expect.any(Number),
          record: event,
        });
      }),
      { numRuns: 40 },
    );
  });

  it('commands and timers come back as they went, without a type', () => {
    fc.assert(
      fc.property(arbitraryCommand(), arbitraryTimer(), (command, timer) => {
        expect(codec.decode(codec.encode('OrderCommand', command))).toMatchObject({ name: 'OrderCommand' });
        expect((codec.decode(codec.encode('OrderCommand', command)) as { record: object }).record).toStrictEqual(
          command,
        );
        expect((codec.decode(codec.encode('TimerFired', timer)) as { record: object }).record).toStrictEqual(timer);
      }),
    );
  });

  it('gives equal bytes for equal records, however often they pass', () => {
    fc.assert(
      fc.property(arbitraryEvent(), (event) => {
        const bytes = codec.encode(event.type, event);
        const { record } = codec.decode(bytes) as { record: AnyOrderEvent };
        expect(codec.encode(event.type, record)).toEqual(bytes);
      }),
    );
  });

  it('grows its buffer for a record of any length and keeps earlier results apart', () => {
    const event = sample(1);
    const small = codec.encode('TicketIssued', event as AnyOrderEvent & { type: 'TicketIssued' });
    const before = Buffer.from(small);
    const fault = { code: 'x', pointer: '/items', detail: 'y'.repeat(900_000) };
    const large = { ...event, order: { ...event.order, faults: [fault, fault] } } as AnyOrderEvent & {
      type: 'TicketIssued';
    };
    const bytes = codec.encode('TicketIssued', large);
    expect(bytes.length).toBeGreaterThan(1_800_000);
    expect((codec.decode(bytes) as { record: object }).record).toStrictEqual(large);
    expect(small).toEqual(before);
  });
});

describe('wire format', () => {
  it('starts with a zero byte and the id of the schema', () => {
    const ids = standaloneSchemas().map(({ name }, at) => [name, at + 1]);
    const event = sample(2) as AnyOrderEvent & { type: 'TicketIssued' };
    const bytes = codec.encode('TicketIssued', event);
    expect(bytes[0]).toBe(0);
    expect(['TicketIssued', bytes.readInt32BE(1)]).toEqual(ids.find(([name]) => name === 'TicketIssued'));
  });
});

describe('records that do not fit', () => {
  it('names the fields and none of the values', () => {
    const event = sample(3) as AnyOrderEvent & { type: 'TicketIssued' };
    const wrong = { ...event, version: 1.5, order: { ...event.order, channel: 'secret-channel', placedAt: '2026' } };
    const encode = () => codec.encode('TicketIssued', wrong as unknown as typeof event);
    expect(encode).toThrow(Unencodable);
    expect(encode).toThrow('TicketIssued does not fit its schema at version, order.channel, order.placedAt');
  });

  it('refuses money that no double can hold exactly', () => {
    const event = sample(4) as AnyOrderEvent & { type: 'TicketIssued' };
    const wrong = { ...event, order: { ...event.order, total: { amount: 2 ** 53, currency: 'USD' } } };
    expect(() => codec.encode('TicketIssued', wrong)).toThrow(/order\.total/);
  });
});

describe('untrusted bytes', () => {
  it('refuses every truncation', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryEvent(), fc.nat(), async (event, cut) => {
        const bytes = codec.encode(event.type, event);
        const length = cut % bytes.length;
        expect(await refusalOf(bytes.subarray(0, length))).toBe(length < 5 ? 'not_wire_format' : 'malformed');
      }),
    );
  });

  it('refuses bytes after the record', async () => {
    const event = sample(5);
    const bytes = Buffer.concat([codec.encode(event.type, event), Buffer.of(0)]);
    expect(await refusalOf(bytes)).toBe('malformed');
  });

  it('answers random bodies with a refusal, or with a record that encodes again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 22 }), fc.uint8Array({ maxLength: 300 }), async (id, body) => {
        const value = Buffer.concat([Buffer.of(0, 0, 0, 0, id), body]);
        expect(['malformed', 'decoded']).toContain(await refusalOf(value));
      }),
      { numRuns: 2_000 },
    );
  });

  const arbitraryChange = fc.record({ at: fc.nat(), flip: fc.integer({ min: 1, max: 255 }) });

  it('survives any single byte changed', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryEvent(), fc.array(arbitraryChange, { minLength: 20, maxLength: 20 }), async (event, changes) => {
        const whole = codec.encode(event.type, event);
        for (const { at, flip } of changes) {
          const bytes = Buffer.from(whole);
          bytes[at % bytes.length]! ^= flip;
          expect(['not_wire_format', 'unknown_schema', 'malformed', 'decoded']).toContain(await refusalOf(bytes));
        }
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['an empty value', Buffer.alloc(0), 'not_wire_format'],
    ['JSON', Buffer.from('{"orderId":"1"}'), 'not_wire_format'],
    ['an id nobody has', Buffer.of(0, 0, 0, 3, 232, 1), 'unknown_schema'],
    ['a negative id', Buffer.of(0, 255, 255, 255, 255, 1), 'unknown_schema'],
  ])('refuses %s', async (_, value, code) => {
    expect(await refusalOf(value)).toBe(code);
  });

  it('refuses a count that the bytes cannot hold at once, without reading on', async () => {
    // An OrderReceived up to its passengers, then an array of four thousand million of them, and of more than memory
    // could hold.
    const id = standaloneSchemas().findIndex(({ name }) => name === 'OrderReceived') + 1;
    const word = (value: string): Buffer => Buffer.concat([long(value.length), Buffer.from(value)]);
    const head = [word('e'), word('o'), long(1), word('Received'), long(1), word('c')];
    const order = [word('o'), long(0), long(1), word('USD'), word('C'), word('s'), long(0), word('en')];
    for (const count of [4_000_000_000, 2 ** 50]) {
      const value = Buffer.concat([Buffer.of(0, 0, 0, 0, id), ...head, ...order, long(count), Buffer.alloc(40)]);
      expect(await refusalOf(value)).toBe('malformed');
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packEvents, unpackEvents } from '../../../topology/runtime/packed-events.ts';

describe('packed events', () => {
  it('come back as they were, however many and however long', () => {
    const events = fc.array(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(events, (list) => {
        expect(unpackEvents(packEvents(list))).toEqual(list);
      }),
    );
  });

  it('are refused when cut short', () => {
    const packed = packEvents([Buffer.from('first'), Buffer.from('second')]);
    for (const length of [packed.length - 1, 12, 3])
      expect(() => unpackEvents(packed.subarray(0, length))).toThrow(RangeError);
  });
});

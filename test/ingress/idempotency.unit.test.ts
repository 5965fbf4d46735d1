import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, idempotencyKeyOf } from '../../ingress/idempotent.ts';
import { memoryIdempotency } from '../../ingress/idempotency.ts';
import { idempotencyStoreSuite } from './idempotency-store.ts';

const store = memoryIdempotency();
let count = 0;
idempotencyStoreSuite(
  'the store in memory',
  () => store,
  () => `k${(count += 1)}`,
);

describe('a key', () => {
  it.each([
    ['abc', 'abc'],
    ['"abc"', 'abc'],
    ['"a b"', 'a b'],
    ['  abc  ', 'abc'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('%j is %j', (header, key) => {
    expect(idempotencyKeyOf(header)).toBe(key);
  });

  it('is none where there is no header', () => {
    expect(idempotencyKeyOf(undefined)).toBeNull();
  });
});

describe('canonical JSON', () => {
  it('is the same for the same value, whatever the order of its members', () => {
    const shuffled = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(shuffled)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([name, member]) => [name, shuffled(member)]),
            )
          : value;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => canonicalJson(shuffled(value)) === canonicalJson(value)),
    );
  });

  it('differs for different values', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        const same = canonicalJson(a) === canonicalJson(b);
        return same === (canonicalJson(JSON.parse(canonicalJson(a))) === canonicalJson(JSON.parse(canonicalJson(b))));
      }),
    );
    expect(canonicalJson({ a: [1, 2] })).not.toBe(canonicalJson({ a: [2, 1] }));
    expect(canonicalJson({ a: 1 })).not.toBe(canonicalJson({ a: '1' }));
  });
});

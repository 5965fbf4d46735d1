import { describe, expect, it } from 'vitest';
import { entityTag, matches, noneMatch } from '../../ingress/entity-tag.ts';
import { orderIdFor, uuidV7 } from '../../ingress/order-id.ts';
import { waitingOf } from '../../ingress/prefer.ts';

describe('Prefer', () => {
  it.each([
    ['wait=5', 5],
    ['wait=1', 1],
    ['wait=30', 30],
    ['wait=31', 30],
    ['wait=999999', 30],
    ['Wait = 5', 5],
    ['wait="7"', 7],
    ['respond-async, wait=10', 10],
    ['handling=lenient; wait=3', 3],
  ])('%s is heeded', (header, seconds) => {
    expect(waitingOf(header)).toEqual({ seconds, applied: `wait=${seconds}` });
  });

  it.each([undefined, '', 'wait', 'wait=', 'wait=0', 'wait=-1', 'wait=soon', 'wait=1.5', 'await=5', 'return=minimal'])(
    '%s is no wait',
    (header) => {
      expect(waitingOf(header)).toBeNull();
    },
  );
});

describe('entity tags', () => {
  it('compare weakly for If-None-Match and strongly for If-Match', () => {
    const tag = entityTag(7);
    expect(tag).toBe('"7"');
    expect([
      noneMatch(undefined, tag),
      noneMatch('"7"', tag),
      noneMatch('W/"7"', tag),
      noneMatch('"6" , "7"', tag),
      noneMatch('*', tag),
      noneMatch('"77"', tag),
    ]).toEqual([true, false, false, false, false, true]);
    expect([
      matches(undefined, tag),
      matches('"7"', tag),
      matches('W/"7"', tag),
      matches('"6","7"', tag),
      matches('*', tag),
      matches('7', tag),
    ]).toEqual([true, true, false, true, true, false]);
  });
});

describe('order ids', () => {
  it('made at later times sort later, and are never the same', () => {
    const ids = Array.from({ length: 500 }, (_, at) => uuidV7(1_795_000_000_000 + at));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(Array.from({ length: 5_000 }, () => uuidV7(1_795_000_000_000))).size).toBe(5_000);
    expect(Number.parseInt(uuidV7(1_795_000_000_000).replaceAll('-', '').slice(0, 12), 16)).toBe(1_795_000_000_000);
  });

  it('follow from tenant, route and key alone', () => {
    expect(orderIdFor('t', 'r', 'k')).toBe(orderIdFor('t', 'r', 'k'));
    expect(
      new Set([
        orderIdFor('t', 'r', 'k'),
        orderIdFor('u', 'r', 'k'),
        orderIdFor('t', 's', 'k'),
        orderIdFor('t', 'r', 'l'),
      ]).size,
    ).toBe(4);
  });
});

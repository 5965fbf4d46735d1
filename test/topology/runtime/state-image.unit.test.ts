import { describe, expect, it } from 'vitest';
import type { AnyOrderEvent, EventType, Order } from '../../../schemas/types.ts';
import type { EarlyMark, NewestEvent } from '../../../topology/runtime/changelog-fold.ts';
import { stateImage } from '../../../topology/runtime/state-image.ts';
import { event, flightItem, held, HOUR_MS, NOW, order, passenger, priced, sold } from '../../processors/given.ts';

const DAY_MS = 24 * HOUR_MS;
const MARK: EarlyMark = { mark: { causationId: 'c', reason: 'r', detail: '' }, at: NOW };

function newest(type: EventType, after: Order, status: string, occurredAt = NOW): NewestEvent {
  return {
    event: { ...event(type, after, status), occurredAt } as AnyOrderEvent,
    bytes: Buffer.from(`${after.orderId} ${type}`),
  };
}

function imageOf(orders: NewestEvent[], marks: Record<string, EarlyMark> = {}, now = NOW) {
  return stateImage(new Map(orders.map((one) => [one.event.orderId, one])), new Map(Object.entries(marks)), now);
}

describe('state image', () => {
  it('keeps live heads for good, ended ones for what is left of eight days', () => {
    const live = newest('InventoryHeld', held(), 'InventoryHold');
    expect(imageOf([live]).commands[0]).toEqual([
      'HSET',
      '{ord:O-1}:head',
      'v',
      3,
      's',
      'InventoryHold',
      'r',
      0,
      'e',
      live.bytes,
    ]);
    expect(imageOf([live]).commands.filter(([command]) => command === 'PEXPIRE')).toEqual([]);
    const ended = newest('OrderCancelled', order(), 'Cancelled', NOW - 2 * DAY_MS);
    expect(imageOf([ended]).commands.slice(0, 2)).toEqual([
      ['HSET', '{ord:O-1}:head', 'v', 3, 's', 'Cancelled', 'r', 1, 'e', ended.bytes],
      ['PEXPIRE', '{ord:O-1}:head', 6 * DAY_MS],
    ]);
    expect(imageOf([newest('OrderCancelled', order(), 'Cancelled', NOW - 8 * DAY_MS)])).toMatchObject({
      commands: [],
      counts: { heads: 0 },
    });
    expect(imageOf([newest('OrderFulfilled', order(), 'Fulfilled', NOW - 80 * DAY_MS)]).counts.heads).toBe(1);
  });

  it('tells an order at rest from one that waits for a processor', () => {
    const atRest = (type: EventType, status: string) => imageOf([newest(type, held(), status)]).commands[0]?.[7];
    expect(atRest('PaymentChallenged', 'PaymentPending')).toBe(1);
    expect(atRest('CancelRequested', 'PaymentPending')).toBe(0);
  });

  it('keeps marks on orders, and early ones for a week', () => {
    expect(imageOf([newest('OrderValidated', priced(), 'Validated')], { 'O-1': MARK }).commands.slice(1)).toEqual([
      ['SET', '{ord:O-1}:mark', JSON.stringify(MARK.mark)],
    ]);
    expect(imageOf([], { x: MARK }, NOW + DAY_MS).commands).toEqual([
      ['SET', '{ord:x}:mark', JSON.stringify(MARK.mark)],
      ['PEXPIRE', '{ord:x}:mark', 6 * DAY_MS],
    ]);
    expect(imageOf([], { x: MARK }, NOW + 8 * DAY_MS).commands).toEqual([]);
  });

  it('arms the timer of every held order', () => {
    const timers = (after: Order) =>
      imageOf([newest('PaymentChallenged', after, 'PaymentPending')]).commands.filter(
        ([command]) => command === 'ZADD',
      );
    expect(timers(held())).toEqual([['ZADD', 'timers', NOW + 900_000, 'O-1|hold_expiry']]);
    expect(timers(sold({ hold: { state: 'sold', expiresAt: NOW } }))).toEqual([]);
  });

  it('counts seats by flight and class; infants have none', () => {
    const family = { passengers: [passenger('P1'), passenger('P2', 'CHD'), passenger('P3', 'INF')] };
    const all = ['P1', 'P2', 'P3'];
    const orders = [
      newest(
        'InventoryHeld',
        held({
          ...family,
          items: [flightItem('IA101', '2026-12-24', all), flightItem('IA102', '2026-12-30', ['P1'], 'J')],
        }),
        'InventoryHold',
      ),
      newest(
        'OrderConfirmed',
        sold({ orderId: 'O-2', hold: { state: 'sold', expiresAt: 5 }, items: [flightItem('IA101', '2026-12-24')] }),
        'Confirmed',
      ),
      newest(
        'OrderCancelled',
        held({ orderId: 'O-3', hold: { state: 'released', expiresAt: 5 }, items: [flightItem('IA101', '2026-12-24')] }),
        'Cancelled',
      ),
    ];
    const writes = imageOf(orders).commands.filter(([, key]) => key.startsWith('{inv:'));
    expect(writes).toEqual([
      ['HSET', '{inv:IA101:2026-12-24}:orders', 'O-1', `held ${NOW + 900_000} Y=2 rebuilt`],
      ['HSET', '{inv:IA102:2026-12-30}:orders', 'O-1', `held ${NOW + 900_000} J=1 rebuilt`],
      ['HSET', '{inv:IA101:2026-12-24}:orders', 'O-2', 'sold 5 Y=1 rebuilt'],
      ['HSET', '{inv:IA101:2026-12-24}:orders', 'O-3', 'released'],
      ['HSET', '{inv:IA101:2026-12-24}', 'h:Y', 2, 's:Y', 1, 'seq', 3],
      ['PEXPIREAT', '{inv:IA101:2026-12-24}:orders', Date.parse('2027-01-01')],
      ['PEXPIREAT', '{inv:IA101:2026-12-24}', Date.parse('2027-01-01')],
      ['HSET', '{inv:IA102:2026-12-30}', 'h:J', 1, 'seq', 1],
      ['PEXPIREAT', '{inv:IA102:2026-12-30}:orders', Date.parse('2027-01-07')],
      ['PEXPIREAT', '{inv:IA102:2026-12-30}', Date.parse('2027-01-07')],
    ]);
    expect(imageOf(orders).counts.flights).toBe(2);
  });

  it('counts a sold seat however long ago the order ended, until the flight is forgotten', () => {
    const ended = newest(
      'OrderFulfilled',
      sold({ hold: { state: 'sold', expiresAt: 5 } }),
      'Fulfilled',
      NOW - 300 * DAY_MS,
    );
    expect(imageOf([ended]).counts).toMatchObject({ heads: 0, flights: 1 });
    expect(imageOf([ended], {}, Date.parse('2027-01-02')).counts.flights).toBe(0);
  });

  it('counts no seat for a hold that lapsed before it became a sale', () => {
    const lapsed = newest('InventoryUnavailable', held(), 'InventoryFailed');
    expect(imageOf([lapsed]).commands).toContainEqual(['HSET', '{inv:IA101:2026-12-24}:orders', 'O-1', 'released']);
  });

  it('keeps velocity while its window lasts, each key for a whole one, whichever of its orders is written last', () => {
    const fraud = {
      score: 0.1,
      band: 'pass',
      reasons: [],
      velocityKeys: ['customer:a', 'token-day:b', 'unknown:c'],
      scoredAt: NOW,
    } as const;
    const scored = newest(
      'OrderScored',
      priced({ fraud: { ...fraud, reasons: [], velocityKeys: [...fraud.velocityKeys] } }),
      'Validated',
    );
    const velocity = (now: number) => imageOf([scored], {}, now).commands.filter(([, key]) => key.startsWith('vel:'));
    expect(velocity(NOW + HOUR_MS / 2)).toEqual([
      ['ZADD', 'vel:customer:a', NOW, 'O-1'],
      ['PEXPIRE', 'vel:customer:a', HOUR_MS],
      ['ZADD', 'vel:token-day:b', NOW, 'O-1'],
      ['PEXPIRE', 'vel:token-day:b', 24 * HOUR_MS],
    ]);
    expect(velocity(NOW + 2 * HOUR_MS).map(([, key]) => key)).toEqual(['vel:token-day:b', 'vel:token-day:b']);
  });
});

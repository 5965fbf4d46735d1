import { beforeEach, describe, expect, it } from 'vitest';
import { AcceptedOrders } from '../../ingress/accepted-orders.ts';
import type { LiveEvent } from '../../ingress/live.ts';
import type { EventType, Order } from '../../schemas/types.ts';
import { transitionOf } from '../../topology/order-states.ts';

const order = (orderId: string): Order => ({ orderId, placedAt: 5 }) as Order;

const event = (orderId: string, type: EventType, version: number): LiveEvent => {
  const { to } = transitionOf(type);
  return {
    orderId,
    eventId: `${orderId}-${version}`,
    type,
    version,
    occurredAt: version,
    endsIn: to === 'same' ? null : to,
    value: Buffer.alloc(0),
  };
};

let now = 0;
let accepted: AcceptedOrders;
beforeEach(() => {
  now = 0;
  accepted = new AcceptedOrders({ now: () => now, forgetMs: 60_000 });
});

describe('the orders accepted here', () => {
  it('are under way until they end or rest', () => {
    for (const id of ['A', 'B', 'C']) accepted.add(order(id));
    expect(accepted.underWay).toBe(3);
    accepted.see(event('A', 'OrderValidated', 2));
    expect(accepted.underWay).toBe(3);
    accepted.see(event('A', 'OrderInvalid', 3));
    accepted.see(event('B', 'PaymentChallenged', 5));
    expect(accepted.underWay).toBe(1);
    accepted.see(event('B', 'PaymentApproved', 6));
    expect(accepted.underWay).toBe(1);
  });

  it('count once, however often they are added', () => {
    expect([accepted.add(order('A')), accepted.add(order('A'))]).toEqual([true, false]);
    expect(accepted.underWay).toBe(1);
  });

  it('stop counting when their end is not seen for long, and are still known', () => {
    accepted.add(order('A'));
    now = 30_000;
    accepted.add(order('B'));
    now = 60_000;
    expect(accepted.underWay).toBe(1);
    expect(accepted.placed('A')).not.toBeNull();
  });

  it('are forgotten after five minutes', () => {
    accepted.add(order('A'));
    now = 300_000;
    accepted.add(order('B'));
    expect(accepted.placed('A')).toBeNull();
    expect(accepted.wants('A')).toBe(false);
    expect(accepted.underWay).toBe(1);
  });

  it('are forgotten, the oldest first, when there are very many', () => {
    for (let i = 0; i <= 20_000; i += 1) accepted.add(order(`O${i}`));
    expect([accepted.wants('O0'), accepted.wants('O1'), accepted.wants('O20000')]).toEqual([false, true, true]);
  });

  it('are answered for as placed until their first event is seen', () => {
    accepted.add(order('A'));
    expect(accepted.placed('A')).toEqual({
      orderId: 'A',
      order: order('A'),
      version: 1,
      status: 'Received',
      updatedAt: 5,
    });
    accepted.see(event('A', 'OrderReceived', 1));
    expect(accepted.placed('A')).toBeNull();
  });

  it('keep the bytes of their newest event, and nothing of the fetch it came in', () => {
    const fetch = Buffer.from('older newest others');
    accepted.add(order('A'));
    accepted.see({ ...event('A', 'OrderReceived', 1), value: fetch.subarray(0, 5) });
    accepted.see({ ...event('A', 'OrderValidated', 2), value: fetch.subarray(6, 12) });
    const { value } = accepted.newest('A') ?? {};
    expect(value?.toString()).toBe('newest');
    expect(value?.buffer.byteLength).toBe(6);
  });

  it('are taken back where the command was not published, but not once an event proves that it was', () => {
    accepted.add(order('A'));
    accepted.add(order('B'));
    accepted.see(event('B', 'OrderReceived', 1));
    accepted.remove('A');
    accepted.remove('B');
    accepted.remove('C');
    expect([accepted.wants('A'), accepted.wants('B'), accepted.underWay]).toEqual([false, true, 1]);
  });

  it('have the history seen so far, whatever order it came in, up to the first gap', () => {
    accepted.add(order('A'));
    accepted.see(event('A', 'OrderValidated', 2));
    expect(accepted.history('A')).toEqual([]);
    accepted.see(event('A', 'InventoryHeld', 4));
    accepted.see(event('A', 'OrderReceived', 1));
    expect(accepted.history('A').map(({ version, status }) => [version, status])).toEqual([
      [1, 'Received'],
      [2, 'Validated'],
    ]);
    accepted.see(event('A', 'OrderScored', 3));
    expect(accepted.history('A').map(({ version, status }) => [version, status])).toEqual([
      [1, 'Received'],
      [2, 'Validated'],
      [3, 'Validated'],
      [4, 'InventoryHold'],
    ]);
    expect(accepted.history('unknown')).toEqual([]);
  });
});

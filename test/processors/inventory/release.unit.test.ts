import { beforeEach, expect, test } from 'vitest';
import type { Ports } from '../../../connectors/ports/index.ts';
import { release } from '../../../processors/inventory/release.ts';
import type { EventType, Order } from '../../../schemas/types.ts';
import { nextStatus, type OrderStatus } from '../../../topology/order-states.ts';
import { context, event, frozen, held, NOW, order, paid, priced, sold } from '../given.ts';

type Failure = Parameters<typeof release>[0]['type'];

let calls: string[];
beforeEach(() => {
  calls = [];
});

const inventory = {
  release: async (orderId: string, seats: readonly unknown[]) => {
    calls.push(`release ${orderId} ${seats.length}`);
  },
} as unknown as Ports['inventory'];
const reservation = {
  cancel: async (orderId: string) => {
    calls.push(`cancel ${orderId}`);
    return { kind: 'cancelled' };
  },
} as unknown as Ports['reservation'];

const run = async (type: Failure, of: Order) => {
  const drafts = await release(
    event(type, frozen(of)) as Parameters<typeof release>[0],
    context({ inventory, reservation }),
  );
  expect(drafts).toHaveLength(1);
  return drafts[0]!;
};

const closing = (of: Order, reason = 'first_cause'): Order => ({ ...of, closure: { reason, detail: 'd' } });

/** Every way in: the event, the status it leaves the order in, the order, what follows, and whether a booking may exist. */
const ways: [Failure, OrderStatus, Order, EventType, boolean][] = [
  ['InventoryUnavailable', 'InventoryFailed', priced(), 'VoidRequested', true],
  ['InventoryUnavailable', 'InventoryFailed', paid('authorised'), 'VoidRequested', true],
  ['PaymentFailed', 'PaymentFailed', paid('declined'), 'OrderCancelled', false],
  ['TicketingFailed', 'TicketingFailed', sold(), 'RefundRequested', true],
  ['CaptureFailed', 'PaymentFailed', sold(), 'RefundRequested', true],
  ['CancelRequested', 'Validated', priced(), 'VoidRequested', true],
  ['CancelRequested', 'InventoryHold', held(), 'VoidRequested', true],
  ['CancelRequested', 'PaymentPending', paid('challenged'), 'VoidRequested', true],
  ['CancelRequested', 'PaymentApproved', paid('authorised'), 'RefundRequested', true],
  ['CancelRequested', 'InventoryConfirmed', sold(), 'RefundRequested', true],
  ['CancelRequested', 'TicketIssued', sold({ bookingReference: 'ABC234' }), 'RefundRequested', true],
  [
    'CancelRequested',
    'Confirmed',
    paid('captured', { hold: { state: 'sold', expiresAt: 1 } }),
    'RefundRequested',
    true,
  ],
  [
    'CancelRequested',
    'Fulfilled',
    paid('captured', { hold: { state: 'sold', expiresAt: 1 } }),
    'RefundRequested',
    true,
  ],
];

test.each(ways)('%s in %s', async (type, status, before, next, booked) => {
  const draft = await run(type, closing(before));
  expect(draft.type).toBe(next);
  expect(nextStatus(status, draft.type)).not.toBeNull();
  expect(calls).toEqual([...(booked ? ['cancel O-1'] : []), 'release O-1 1']);
  expect(draft.order.hold).toEqual({ state: 'released', expiresAt: before.hold?.expiresAt ?? NOW });
  expect(draft.order.closure?.reason).toBe('first_cause');
});

test('an order that was never priced has no seats; of tickets and money only the companies know', async () => {
  const draft = await run('CancelRequested', closing(order()));
  expect(draft.type).toBe('VoidRequested');
  expect(draft.order.hold).toBeNull();
  expect(calls).toEqual(['cancel O-1']);
});

test('seats stay taken while the booking cannot be cancelled', async () => {
  const away = { cancel: async () => Promise.reject(new Error('away')) } as unknown as Ports['reservation'];
  await expect(release(event('CancelRequested', sold()), context({ inventory, reservation: away }))).rejects.toThrow(
    'away',
  );
  expect(calls).toEqual([]);
});

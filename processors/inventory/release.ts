import type { Order, OrderEvent } from '../../schemas/types.ts';
import { type Context, type Draft, emit } from '../processor.ts';
import { seatsOf } from './seats.ts';

type Failure = 'InventoryUnavailable' | 'PaymentFailed' | 'TicketingFailed' | 'CaptureFailed' | 'CancelRequested';
type Next = 'OrderCancelled' | 'VoidRequested' | 'RefundRequested';

/**
 * Gives back seats and tickets of an order that will not be fulfilled, then says what is to become of the money.
 * Whatever did or did not happen before, giving back is safe; and a step that comes late finds the order's seats and
 * tickets refused.
 */
export async function release(event: OrderEvent<Failure>, context: Context): Promise<readonly Draft<Next>[]> {
  const { order, type } = event;
  if (order.total === null) return emit('OrderCancelled', order);
  const { inventory, reservation, catalogue, settings, now } = context;
  if (mayBeBooked(type, order)) await reservation.cancel(order.orderId);
  await inventory.release(order.orderId, seatsOf(order, catalogue, settings));
  const released: Order = { ...order, hold: { state: 'released', expiresAt: order.hold?.expiresAt ?? now } };
  return emit(nextAfter(type, order), released);
}

/**
 * A cancel may come while steps are under way that nobody has heard the end of: from the hold on, tickets may have been issued. And where
 * seats are refused, an earlier run of the same steps may have had them, and gone on, before the store that knew of it was lost.
 */
const mayBeBooked = (failure: Failure, { hold }: Order): boolean =>
  hold?.state === 'sold' || failure === 'InventoryUnavailable' || (failure === 'CancelRequested' && hold !== null);

/** `order` as it was before its seats were given back. */
function nextAfter(failure: Failure, order: Order): Next {
  const { status } = order.payment;
  if (failure === 'PaymentFailed') return 'OrderCancelled';
  if (failure === 'InventoryUnavailable') return 'VoidRequested';
  if (status === 'authorised' || status === 'captured') return 'RefundRequested';
  // A charge may have been under way when the order was cancelled: only the payment processor knows.
  const attempted = order.hold?.state === 'held' || status === 'challenged';
  return attempted ? 'VoidRequested' : 'OrderCancelled';
}

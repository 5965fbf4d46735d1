import type { Order, OrderEvent } from '../../schemas/types.ts';
import { type Context, type Draft, emit } from '../processor.ts';
import { seatsOf } from './seats.ts';

type Failure = 'InventoryUnavailable' | 'PaymentFailed' | 'TicketingFailed' | 'CaptureFailed' | 'CancelRequested';
type Next = 'OrderCancelled' | 'VoidRequested' | 'RefundRequested';

/**
 * Gives back seats and tickets of an order that will not be fulfilled, then says what is to become of the money.
 * Whatever did or did not happen before, giving back is safe; and a step that comes late finds the order's seats and
 * tickets refused. The order tells what is known to have happened, and more may have: steps under way when a cancel
 * came, or a run whose results went with a lost state store.
 */
export async function release(event: OrderEvent<Failure>, context: Context): Promise<readonly Draft<Next>[]> {
  const { order, type } = event;
  const { inventory, reservation, catalogue, settings, now } = context;
  if (type !== 'PaymentFailed') await reservation.cancel(order.orderId);
  if (order.total === null) return emit('VoidRequested', order);
  await inventory.release(order.orderId, seatsOf(order, catalogue, settings));
  const released: Order = { ...order, hold: { state: 'released', expiresAt: order.hold?.expiresAt ?? now } };
  return emit(nextAfter(type, order), released);
}

/** What the payment processor is asked. Without a payment on the order too: only the processor knows of a charge whose outcome was lost. */
function nextAfter(failure: Failure, { payment }: Order): Next {
  if (failure === 'PaymentFailed') return 'OrderCancelled';
  const taken = payment.status === 'authorised' || payment.status === 'captured';
  return taken && failure !== 'InventoryUnavailable' ? 'RefundRequested' : 'VoidRequested';
}

import type { AuthorizeOutcome } from '../../connectors/ports/payment.ts';
import type { Order, OrderEvent } from '../../schemas/types.ts';
import { type Context, type Draft, emit } from '../processor.ts';

/** Key of the order's one charge: what `capture` and `reverse` go by. */
export const CHARGE = 'charge';

/** Authorises the total, once: a repeat with the same key finds the first answer. */
export async function charge(
  event: OrderEvent<'InventoryHeld'>,
  { payment, key }: Context,
): Promise<readonly Draft<'PaymentApproved' | 'PaymentChallenged' | 'PaymentFailed'>[]> {
  const { order } = event;
  if (order.total === null) throw new Error('an order with seats held has a total');
  const outcome = await payment.authorize({
    idempotencyKey: key(CHARGE),
    orderId: order.orderId,
    amount: order.total,
    method: order.payment.method,
    token: order.payment.token,
  });
  if (outcome.kind === 'approved') return emit('PaymentApproved', approved(order, outcome));
  if (outcome.kind === 'declined') return emit('PaymentFailed', declined(order, outcome));
  const { processor, challengeUrl } = outcome;
  return emit('PaymentChallenged', {
    ...order,
    payment: { ...order.payment, status: 'challenged', processor, challengeUrl },
  });
}

/** The order with the amount authorised. */
export function approved(
  order: Order,
  { processor, authorizationId }: Extract<AuthorizeOutcome, { kind: 'approved' }>,
): Order {
  return { ...order, payment: { ...order.payment, status: 'authorised', processor, authorizationId } };
}

/** The order with the payment declined, and closing for it. */
export function declined(
  order: Order,
  { processor, declineCode }: Extract<AuthorizeOutcome, { kind: 'declined' }>,
): Order {
  return {
    ...order,
    payment: { ...order.payment, status: 'declined', processor, declineCode },
    closure: { reason: 'payment_declined', detail: declineCode },
  };
}

import type { ReversalOutcome } from '../../connectors/ports/payment.ts';
import type { OrderEvent, Payment } from '../../schemas/types.ts';
import { type Context, type Draft, emit } from '../processor.ts';
import { CHARGE } from './charge.ts';

/** Gives back whatever was taken; the payment processor knows whether that is a void, a refund or nothing. */
export async function refund(
  event: OrderEvent<'VoidRequested' | 'RefundRequested'>,
  { payment, key }: Context,
): Promise<readonly Draft<'OrderCancelled' | 'OrderRefunded'>[]> {
  const { order, type } = event;
  const outcome = await payment.reverse(key(CHARGE));
  const closed = { ...order, payment: reversed(order.payment, outcome) };
  return emit(type === 'VoidRequested' ? 'OrderCancelled' : 'OrderRefunded', closed);
}

function reversed(payment: Payment, outcome: ReversalOutcome): Payment {
  if (outcome.kind !== 'nothing') return { ...payment, status: outcome.kind, reversalId: outcome.reversalId };
  if (payment.status === 'captured') throw new Error('the payment processor does not know a payment it has captured');
  // An authorisation or challenge it has dropped by itself is as good as voided.
  return payment.status === 'none' || payment.status === 'declined' ? payment : { ...payment, status: 'voided' };
}

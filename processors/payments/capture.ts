import type { OrderEvent } from '../../schemas/types.ts';
import { type Context, type Draft, emit } from '../processor.ts';
import { CHARGE } from './charge.ts';

/** Takes the authorised amount, now that the tickets exist. */
export async function capture(
  event: OrderEvent<'TicketIssued'>,
  { payment, key }: Context,
): Promise<readonly Draft<'OrderConfirmed' | 'CaptureFailed'>[]> {
  const { order } = event;
  if (order.total === null) throw new Error('an order with tickets has a total');
  const outcome = await payment.capture(key(CHARGE), order.total);
  if (outcome.kind === 'refused') {
    return emit('CaptureFailed', { ...order, closure: { reason: 'capture_refused', detail: outcome.code } });
  }
  return emit('OrderConfirmed', {
    ...order,
    payment: { ...order.payment, status: 'captured', captureId: outcome.captureId },
  });
}

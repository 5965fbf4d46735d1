import type { OrderCommand, TimerFired } from '../../schemas/types.ts';
import type { Context, Current, Interruption } from '../processor.ts';
import { emit } from '../processor.ts';
import { approved, CHARGE, declined } from './charge.ts';

/** Ends a payment challenge with the payer's result; an order that waits for none is left alone. */
export async function authenticate(
  input: OrderCommand | TimerFired,
  current: Current | null,
  { payment, key }: Context,
): Promise<Interruption<'PaymentApproved' | 'PaymentFailed'>> {
  const result = 'authenticate' in input ? input.authenticate?.result : undefined;
  if (!result) throw new Error('an authenticate command carries the result in its field `authenticate`');
  if (!current) return { kind: 'none', why: 'no such order' };
  const waits = current.atRest && current.status === 'PaymentPending' && current.order.payment.status === 'challenged';
  if (!waits) return { kind: 'none', why: `the order is ${current.status} and waits for no authentication` };

  const outcome = await payment.authenticate(key(CHARGE), result);
  const order = { ...current.order, interrupts: current.order.interrupts + 1 };
  if (outcome.kind === 'approved') return { kind: 'move', drafts: emit('PaymentApproved', approved(order, outcome)) };
  if (outcome.kind === 'declined') return { kind: 'move', drafts: emit('PaymentFailed', declined(order, outcome)) };
  return { kind: 'none', why: 'the payment processor still waits for the payer' };
}

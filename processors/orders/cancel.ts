import { type OrderStatus, PAST_CANCELLING } from '../../topology/order-states.ts';
import type { OrderCommand, TimerFired } from '../../schemas/types.ts';
import { redactCardNumbers } from '../payments/card-number.ts';
import { type Context, type Current, emit, type Interruption } from '../processor.ts';

const DAY_MS = 86_400_000;
const LONGEST_DETAIL = 200;
const REASON = 'customer_request';

/**
 * Meets a cancel command with the order: moves one at rest, marks one in flight or yet to come, and knows when it is
 * too late.
 */
export function cancel(
  input: OrderCommand | TimerFired,
  current: Current | null,
  { now, settings }: Context,
): Interruption<'CancelRequested'> {
  const detail = detailOf(input);
  if (!current) return { kind: 'mark', reason: REASON, detail };
  const { order, status } = current;
  if (isClosing(current)) return { kind: 'late', why: `the order is ${status} and cannot be cancelled any more` };
  if (status === 'Fulfilled' && now - order.placedAt > settings.refundWindowDays * DAY_MS) {
    return { kind: 'none', why: `the refund window of ${settings.refundWindowDays} days is over` };
  }
  if (!current.atRest) return { kind: 'mark', reason: REASON, detail };
  const closure = { reason: REASON, detail };
  return { kind: 'move', drafts: emit('CancelRequested', { ...order, closure, interrupts: order.interrupts + 1 }) };
}

/** Whether the order has ended without fulfilment, or is on its way there. */
export function isClosing({ status, order }: Current): boolean {
  return PAST_CANCELLING.has(status as OrderStatus) || order.closure !== null;
}

/** Free text of a caller: cut, and rid of card numbers, since it will be kept. */
function detailOf(input: OrderCommand | TimerFired): string {
  const reason = ('cancel' in input && input.cancel?.reason.trim()) || 'cancelled by the customer';
  return [...redactCardNumbers(reason)].slice(0, LONGEST_DETAIL).join('');
}

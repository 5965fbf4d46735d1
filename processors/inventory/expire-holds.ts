import type { OrderCommand, TimerFired } from '../../schemas/types.ts';
import { isClosing } from '../orders/cancel.ts';
import { type Context, type Current, emit, type Interruption } from '../processor.ts';

const CLOSURE = { reason: 'hold_expired', detail: 'the seats were not paid for in time' };

/** Gives up on an order whose seats were held and not paid for in time. */
export function expireHolds(
  input: OrderCommand | TimerFired,
  current: Current | null,
  { now }: Context,
): Interruption<'CancelRequested'> {
  if (!current) return { kind: 'none', why: 'no such order' };
  const { order, status, atRest } = current;
  if (isClosing(current)) return { kind: 'none', why: `the order is ${status} already` };
  if (order.hold?.state !== 'held') return { kind: 'none', why: 'no seats are held' };
  // The scheduler's clock has passed the due time; this node's may lag behind it, and the timer will not fire again.
  const time = 'dueAt' in input ? Math.max(now, input.dueAt) : now;
  if (time < order.hold.expiresAt) return { kind: 'none', why: 'the hold runs on' };
  if (!atRest) return { kind: 'mark', ...CLOSURE };
  return {
    kind: 'move',
    drafts: emit('CancelRequested', { ...order, closure: { ...CLOSURE }, interrupts: order.interrupts + 1 }),
  };
}

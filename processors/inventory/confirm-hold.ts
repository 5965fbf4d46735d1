import type { OrderEvent } from '../../schemas/types.ts';
import { type Context, type Draft, emit } from '../processor.ts';
import { seatsOf } from './seats.ts';

/** Turns the hold into a sale, unless it has lapsed meanwhile. */
export async function confirmHold(
  event: OrderEvent<'PaymentApproved'>,
  { inventory, catalogue, settings, now }: Context,
): Promise<readonly Draft<'InventoryConfirmed' | 'InventoryUnavailable'>[]> {
  const { order } = event;
  const outcome = await inventory.confirm(order.orderId, seatsOf(order, catalogue, settings), now);
  const expiresAt = order.hold?.expiresAt ?? now;
  if (outcome.kind === 'confirmed') return emit('InventoryConfirmed', { ...order, hold: { state: 'sold', expiresAt } });
  const closure = { reason: 'hold_expired', detail: 'the hold lapsed before the seats could be sold' };
  return emit('InventoryUnavailable', { ...order, closure });
}

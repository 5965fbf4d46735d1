import type { HoldOutcome } from '../../connectors/ports/inventory.ts';
import type { Closure, OrderEvent } from '../../schemas/types.ts';
import { type Context, type Draft, emit } from '../processor.ts';
import { seatsOf } from './seats.ts';

/** Holds all the order's seats until they are paid for, or none of them. */
export async function hold(
  event: OrderEvent<'OrderScored'>,
  { inventory, catalogue, settings, now }: Context,
): Promise<readonly Draft<'InventoryHeld' | 'InventoryUnavailable'>[]> {
  const { order } = event;
  const outcome = await inventory.hold(order.orderId, seatsOf(order, catalogue, settings), now + settings.holdMs);
  if (outcome.kind !== 'held') return emit('InventoryUnavailable', { ...order, closure: closureOf(outcome) });
  return emit('InventoryHeld', { ...order, hold: { state: 'held', expiresAt: outcome.expiresAt } });
}

function closureOf(outcome: Exclude<HoldOutcome, { kind: 'held' }>): Closure {
  if (outcome.kind === 'released') return { reason: 'hold_released', detail: 'the seats had been given back already' };
  const { flightNumber, departureDate, bookingClass, available } = outcome;
  return {
    reason: 'sold_out',
    detail: `${flightNumber} on ${departureDate}, class ${bookingClass}: ${available} seats left`,
  };
}

import type { Order, OrderCommand } from '../../schemas/types.ts';
import { type Context, type Draft, emit } from '../processor.ts';
import { untouched } from './untouched.ts';

/** Becomes part of Redis and changelog keys, so it holds nothing that means something there. */
const ORDER_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/**
 * Starts an order from a place command. One whose cancellation came first is cancelled as any other: a run before that, whose results went
 * with a lost state store, may have left something to give back.
 */
export function receive(
  command: OrderCommand,
  context: Context & { cancelled: boolean },
): readonly Draft<'OrderReceived' | 'CancelRequested'>[] {
  if (!ORDER_ID.test(command.orderId))
    throw new Error('the order id is not 1 to 64 letters, digits, dots, hyphens or underscores');
  if (!command.place) throw new Error('a place command carries the order in its field `place`');
  const order = asPlaced(command.place, command);
  if (!context.cancelled) return emit('OrderReceived', order);
  const closure = { reason: 'customer_request', detail: 'cancelled before the order was received' };
  return [...emit('OrderReceived', order), ...emit('CancelRequested', { ...order, closure })];
}

/** Only what a channel may state survives: a producer writing to Kafka itself may have filled in anything. */
function asPlaced(place: Order, command: OrderCommand): Order {
  return {
    orderId: command.orderId,
    channel: place.channel,
    placedAt: command.issuedAt,
    currency: place.currency,
    customer: place.customer,
    passengers: place.passengers,
    items: place.items.map((item) => ({ ...item, amount: null })),
    expectedTotal: place.expectedTotal,
    ...untouched(place.payment),
    deviceHash: place.deviceHash,
  };
}

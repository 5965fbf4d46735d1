import { emailHash, keyedHash } from '../../schemas/keyed-hash.ts';
import { untouched } from '../../processors/orders/untouched.ts';
import { type DataKey, seal } from '../../schemas/seal.ts';
import type { Order, OrderCommand, OrderItem } from '../../schemas/types.ts';
import { uuidV5 } from '../../topology/runtime/event-id.ts';
import type { OrderBody } from '../order-body.ts';

/**
 * The command that places an order as asked for over HTTP. From here on personal data exist only sealed with the
 * customer's key. The command id follows from the order id: a repeated request repeats the command.
 */
export function placeCommand(
  body: OrderBody,
  given: { orderId: string; now: number; key: DataKey; pepper: string },
): OrderCommand {
  const { orderId, now } = given;
  return {
    commandId: uuidV5(`place|${orderId}`),
    orderId,
    kind: 'place',
    issuedAt: now,
    place: placedOrder(body, given),
    cancel: null,
    authenticate: null,
  };
}

function placedOrder(
  body: OrderBody,
  { orderId, now, key, pepper }: { orderId: string; now: number; key: DataKey; pepper: string },
): Order {
  const { customerId, email, phone, locale } = body.customer;
  return {
    orderId,
    channel: body.channel,
    placedAt: now,
    currency: body.currency,
    customer: {
      customerId,
      contact: seal({ email, phone: phone ?? null }, key, `${customerId}|contact`),
      emailHash: emailHash(pepper, email),
      locale,
    },
    passengers: body.passengers.map(({ passengerId, type, ...identity }) => ({
      passengerId,
      type,
      identity: seal(identity, key, `${customerId}|identity`),
    })),
    items: body.items.map(placedItem),
    expectedTotal: body.expectedTotal ?? null,
    ...untouched(body.payment),
    deviceHash: body.deviceId === undefined ? null : keyedHash(pepper, body.deviceId),
  };
}

function placedItem(item: OrderBody['items'][number], at: number): OrderItem {
  return {
    itemId: `I${at + 1}`,
    type: item.type,
    flightNumber: item.flightNumber ?? null,
    departureDate: item.departureDate ?? null,
    bookingClass: item.type === 'flight' ? item.bookingClass : null,
    code: item.type === 'ancillary' ? item.code : null,
    passengerIds: [...item.passengerIds],
    amount: null,
  };
}

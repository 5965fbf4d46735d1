import { createHash } from 'node:crypto';
import { untouched } from '../../../processors/orders/untouched.ts';
import { eventIdOf } from '../../../topology/runtime/event-id.ts';
import { nextStatus, type OrderStatus } from '../../../topology/order-states.ts';
import type { AnyOrderEvent, EventType, Order } from '../../../schemas/types.ts';

export const PLACED_AT = Date.UTC(2026, 10, 3, 9, 30, 0, 250);

/** An unpriced order as it comes in: one adult, one flight, one bag. */
export function placedOrder(orderId: string, changes: Partial<Order> = {}): Order {
  return {
    orderId,
    channel: 'web',
    placedAt: PLACED_AT,
    currency: 'USD',
    customer: { customerId: 'C-1001', contact: 'v1.k1.c2VhbGVk', emailHash: null, locale: 'en-GB' },
    passengers: [{ passengerId: 'P1', type: 'ADT', identity: 'v1.k1.aWRlbnRpdHk' }],
    items: [
      {
        itemId: 'I1',
        type: 'flight',
        flightNumber: 'IA101',
        departureDate: '2026-12-24',
        bookingClass: 'Y',
        code: null,
        passengerIds: ['P1'],
        amount: null,
      },
      {
        itemId: 'I2',
        type: 'ancillary',
        flightNumber: 'IA101',
        departureDate: '2026-12-24',
        bookingClass: null,
        code: 'BAG1',
        passengerIds: ['P1'],
        amount: null,
      },
    ],
    expectedTotal: null,
    ...untouched({ method: 'card', token: 'tok_visa' }),
    deviceHash: null,
    ...changes,
  };
}

/** One event of a story: its type, how long after the event before, and what it changes of the order. */
export type Chapter = [type: EventType, afterMs: number, change?: (order: Order) => Partial<Order>];

/** The events of one order, as the pipeline would have written them. */
export function orderStory(order: Order, chapters: readonly Chapter[]): AnyOrderEvent[] {
  const events: AnyOrderEvent[] = [];
  let [status, current, at]: [OrderStatus | 'new', Order, number] = ['new', order, order.placedAt];
  let causationId = createHash('md5').update(order.orderId).digest('hex');
  for (const [type, afterMs, change] of chapters) {
    const next = nextStatus(status, type);
    if (next === null) throw new Error(`${type} cannot follow ${status}`);
    current = { ...current, ...change?.(current) };
    at += afterMs;
    const version = events.length + 1;
    const eventId = eventIdOf({ orderId: order.orderId, causationId, type, version });
    events.push({
      type,
      eventId,
      orderId: order.orderId,
      version,
      status: next,
      occurredAt: at,
      causationId,
      order: current,
    } as AnyOrderEvent);
    [status, causationId] = [next, eventId];
  }
  return events;
}

const paid =
  (changes: Partial<Order['payment']>) =>
  (order: Order): Partial<Order> => ({ payment: { ...order.payment, ...changes } });
const held =
  (state: 'held' | 'sold' | 'released') =>
  (order: Order): Partial<Order> => ({ hold: { state, expiresAt: order.placedAt + 900_000 } });
const scored =
  (score: number) =>
  (order: Order): Partial<Order> => ({
    fraud: {
      score,
      band: score >= 0.8 ? 'decline' : score >= 0.6 ? 'review' : 'pass',
      reasons: [],
      velocityKeys: [],
      scoredAt: order.placedAt,
    },
  });
export const closed = (reason: string) => (): Partial<Order> => ({ closure: { reason, detail: '' } });

const ticketed = (serial: number) => (): Partial<Order> => ({
  bookingReference: `B${String(serial).padStart(5, '0')}`,
  tickets: [{ passengerId: 'P1', ticketNumber: `999240${String(serial).padStart(7, '0')}`, checkDigit: serial % 7 }],
});

const priced = (amount: number): Chapter[] => [
  ['OrderReceived', 10],
  ['OrderValidated', 20, (order) => ({ total: { amount, currency: order.currency } })],
];
const authorised = (amount: number): Chapter[] => [
  ...priced(amount),
  ['OrderScored', 20, scored(0.1)],
  ['InventoryHeld', 50, held('held')],
  ['PaymentApproved', 400, paid({ status: 'authorised', processor: 'sandbox', authorizationId: 'A1' })],
  ['InventoryConfirmed', 100, held('sold')],
];

/** How orders go: well, and otherwise. Amounts in minor units. */
export const stories = {
  fulfilled: (amount: number, serial = 1): Chapter[] => [
    ...authorised(amount),
    ['TicketIssued', 300, ticketed(serial)],
    ['OrderConfirmed', 80, paid({ status: 'captured', captureId: 'K1' })],
    ['OrderFulfilled', 20],
  ],
  invalid: (): Chapter[] => [
    ['OrderReceived', 10],
    ['OrderInvalid', 20, () => ({ faults: [{ code: 'required', pointer: '/items', detail: 'no items' }] })],
  ],
  fraud: (amount: number): Chapter[] => [
    ...priced(amount),
    ['OrderCancelled', 20, (order) => ({ ...scored(0.95)(order), ...closed('fraud_declined')() })],
  ],
  soldOut: (amount: number): Chapter[] => [
    ...priced(amount),
    ['OrderScored', 20, scored(0.65)],
    ['InventoryUnavailable', 40],
    ['OrderCancelled', 10, closed('sold_out')],
  ],
  declined: (amount: number, code = 'insufficient_funds'): Chapter[] => [
    ...priced(amount),
    ['OrderScored', 20, scored(0.2)],
    ['InventoryHeld', 50, held('held')],
    ['PaymentFailed', 300, paid({ status: 'declined', processor: 'sandbox', declineCode: code })],
    ['OrderCancelled', 30, (order) => ({ ...held('released')(order), ...closed('payment_declined')() })],
  ],
  refunded: (amount: number): Chapter[] => [
    ...authorised(amount),
    ['TicketingFailed', 300],
    ['RefundRequested', 30, (order) => ({ ...held('released')(order), ...closed('ticketing_failed')() })],
    ['OrderRefunded', 200, paid({ status: 'voided', reversalId: 'R1' })],
  ],
  cancelledAfterTicketing: (amount: number, serial = 1): Chapter[] => [
    ...authorised(amount),
    ['TicketIssued', 300, ticketed(serial)],
    ['OrderConfirmed', 80, paid({ status: 'captured', captureId: 'K1' })],
    ['OrderFulfilled', 20],
    ['CancelRequested', 60_000, closed('customer_request')],
    ['RefundRequested', 30, held('released')],
    ['OrderRefunded', 200, paid({ status: 'refunded', reversalId: 'R2' })],
  ],
} as const;

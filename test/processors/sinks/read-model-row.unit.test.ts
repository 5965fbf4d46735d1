import { expect, test } from 'vitest';
import { readModelRow } from '../../../processors/sinks/read-model-row.ts';
import type { AnyOrderEvent } from '../../../schemas/types.ts';
import { orderStory, PLACED_AT, placedOrder, stories } from './order-story.ts';

const POSITION = { topic: 'orders.fulfilled.v1', partition: 3, offset: '9007199254740993' };
const last = (events: AnyOrderEvent[]) => events.at(-1) as AnyOrderEvent;

test('an event becomes a line of history at its place in the log', () => {
  const event = last(orderStory(placedOrder('o'), stories.fulfilled(23_400)));
  expect(readModelRow(event, POSITION).event).toEqual({
    eventId: event.eventId, orderId: 'o', version: 9, type: 'OrderFulfilled', status: 'Fulfilled', occurredAt: PLACED_AT + 1_000,
    causationId: event.causationId, ...POSITION,
  });
});

test('and the order as it stands after it', () => {
  const event = last(orderStory(placedOrder('o'), stories.fulfilled(23_400, 2)));
  expect(readModelRow(event, POSITION).order).toEqual({
    orderId: 'o', version: 9, status: 'Fulfilled', channel: 'web', customerId: 'C-1001', currency: 'USD', totalMinor: 23_400,
    placedAt: PLACED_AT, updatedAt: PLACED_AT + 1_000, bookingReference: 'B00002', closureReason: null, snapshot: event.order,
    payment: { method: 'card', status: 'captured', processor: 'sandbox', authorizationId: 'A1', captureId: 'K1', reversalId: null, declineCode: null },
    hold: { state: 'sold', expiresAt: PLACED_AT + 900_000 },
    tickets: [{ passengerId: 'P1', ticketNumber: '9992400000002', checkDigit: 2, state: 'issued' }],
  });
});

test('an order that came to nothing early has no total, payment, hold or ticket', () => {
  const event = last(orderStory(placedOrder('o'), stories.invalid()));
  expect(readModelRow(event, POSITION).order).toMatchObject({ totalMinor: null, payment: null, hold: null, tickets: [], closureReason: null });
});

test('tickets of an order whose seats are given back are void', () => {
  const event = last(orderStory(placedOrder('o'), stories.cancelledAfterTicketing(100)));
  expect(readModelRow(event, POSITION).order.tickets.map(({ state }) => state)).toEqual(['voided']);
});

import { expect, test } from 'vitest';
import { EVENT_TYPES } from '../../schemas/types.ts';
import {
  AT_REST,
  FINAL,
  nextStatus,
  type OrderStatus,
  PAST_CANCELLING,
  restsAfter,
  STATUSES,
  statusesEntered,
  TRANSITIONS,
  transitionOf,
} from '../../topology/order-states.ts';

test('every event has one row', () => {
  expect(TRANSITIONS.map(({ event }) => event).sort()).toEqual([...EVENT_TYPES].sort());
});

test('every status is entered by some event', () => {
  const entered = new Set(
    TRANSITIONS.flatMap(({ from, event }) => from.flatMap((status) => statusesEntered(status, event))),
  );
  expect(STATUSES.filter((status) => !entered.has(status))).toEqual([]);
});

/** The ways an order can take, as the statuses of its history. */
test.each<[string, [from: OrderStatus | 'new', event: (typeof EVENT_TYPES)[number]][], OrderStatus[]]>([
  [
    'fulfilled',
    [
      ['new', 'OrderReceived'],
      ['Received', 'OrderValidated'],
      ['Validated', 'OrderScored'],
      ['Validated', 'InventoryHeld'],
      ['InventoryHold', 'PaymentApproved'],
      ['PaymentApproved', 'InventoryConfirmed'],
      ['InventoryConfirmed', 'TicketIssued'],
      ['TicketIssued', 'OrderConfirmed'],
      ['Confirmed', 'OrderFulfilled'],
    ],
    [
      'Received',
      'Validating',
      'Validated',
      'InventoryHold',
      'PaymentPending',
      'PaymentApproved',
      'Processing',
      'InventoryConfirmed',
      'Ticketing',
      'TicketIssued',
      'Confirmed',
      'Fulfilled',
    ],
  ],
  [
    'challenged, then declined',
    [
      ['InventoryHold', 'PaymentChallenged'],
      ['PaymentPending', 'PaymentFailed'],
      ['PaymentFailed', 'OrderCancelled'],
    ],
    ['PaymentPending', 'PaymentFailed', 'Cancelled'],
  ],
  [
    'not ticketed',
    [
      ['InventoryConfirmed', 'TicketingFailed'],
      ['TicketingFailed', 'RefundRequested'],
      ['Refunding', 'OrderRefunded'],
    ],
    ['Ticketing', 'TicketingFailed', 'Refunding', 'Refunded'],
  ],
  [
    'cancelled while held',
    [
      ['InventoryHold', 'CancelRequested'],
      ['InventoryHold', 'VoidRequested'],
      ['InventoryHold', 'OrderCancelled'],
    ],
    ['Cancelled'],
  ],
])('an order that is %s', (_, moves, history) => {
  expect(moves.map(([from, event]) => nextStatus(from, event))).not.toContain(null);
  expect(moves.flatMap(([from, event]) => statusesEntered(from, event))).toEqual(history);
});

test('a move the table does not have is refused', () => {
  expect(nextStatus('new', 'OrderValidated')).toBeNull();
  expect(nextStatus('Received', 'OrderReceived')).toBeNull();
  expect(nextStatus('Refunded', 'OrderCancelled')).toBeNull();
});

test('a final status is left only by cancelling what was fulfilled', () => {
  const ways = [...FINAL].flatMap((status) =>
    EVENT_TYPES.filter((event) => nextStatus(status, event) !== null).map((event) => [status, event]),
  );
  expect(ways).toEqual([
    ['Fulfilled', 'CancelRequested'],
    ['Fulfilled', 'OrderCancelled'],
    ['Fulfilled', 'RefundRequested'],
    ['Fulfilled', 'VoidRequested'],
  ]);
});

test('an order past cancelling cannot be cancelled, any other status of record can', () => {
  const passedThrough = new Set<OrderStatus>(
    TRANSITIONS.flatMap(({ via }) => via).filter((status) => !TRANSITIONS.some(({ to }) => to === status)),
  );
  const cancellable = STATUSES.filter((status) => nextStatus(status, 'CancelRequested') !== null);
  expect(cancellable).toEqual(STATUSES.filter((status) => !PAST_CANCELLING.has(status) && !passedThrough.has(status)));
});

test('an order rests in final statuses and while it waits for its payer, but not on its way out of them', () => {
  expect([...AT_REST]).toEqual([...FINAL, 'PaymentPending']);
  expect(restsAfter('PaymentChallenged', 'PaymentPending')).toBe(true);
  expect(restsAfter('CancelRequested', 'PaymentPending')).toBe(false);
  expect(restsAfter('VoidRequested', 'Fulfilled')).toBe(false);
  expect(restsAfter('OrderFulfilled', 'Fulfilled')).toBe(true);
  expect(restsAfter('OrderScored', 'Validated')).toBe(false);
});

test('an unknown event is no silent no', () => {
  expect(() => transitionOf('OrderLost' as never)).toThrow('OrderLost');
});

import type { EventType } from '../schemas/types.ts';

export const STATUSES = [
  'Received', 'Validating', 'Validated', 'Invalid', 'InventoryHold', 'PaymentPending', 'PaymentApproved', 'PaymentFailed',
  'Processing', 'InventoryConfirmed', 'InventoryFailed', 'Ticketing', 'TicketIssued', 'TicketingFailed', 'Confirmed',
  'Fulfilled', 'Refunding', 'Refunded', 'Cancelled',
] as const;
export type OrderStatus = (typeof STATUSES)[number];

/** Statuses an order ends in. A Fulfilled order can still be cancelled by command. */
export const FINAL: ReadonlySet<OrderStatus> = new Set(['Invalid', 'Fulfilled', 'Refunded', 'Cancelled']);

/** Statuses in which no processor has work for the order: only a command or a timer moves it on. */
export const AT_REST: ReadonlySet<OrderStatus> = new Set([...FINAL, 'PaymentPending']);

/** Whether nothing but a command or a timer moves the order on after the event. An event that keeps the status has a processor waiting. */
export function restsAfter(event: EventType, status: OrderStatus): boolean {
  return transitionOf(event).to !== 'same' && AT_REST.has(status);
}

/**
 * Longest time an order on its way stands at a status before its next event, in order timeouts (the setting). Later than that its event is
 * taken for lost. An order that waits for its payer has until its hold lapses, and this much more.
 */
export const DEADLINES: Readonly<Record<OrderStatus, number>> = {
  Received: 4, Validating: 4, Validated: 4, Invalid: 4, InventoryHold: 4, PaymentPending: 4, PaymentApproved: 4, PaymentFailed: 4,
  Processing: 4, InventoryConfirmed: 4, InventoryFailed: 4, Ticketing: 8, TicketIssued: 4, TicketingFailed: 4, Confirmed: 8,
  Fulfilled: 4, Refunding: 8, Refunded: 4, Cancelled: 4,
};

/** Statuses from which a cancel command can no longer be honoured, or has been already. */
export const PAST_CANCELLING: ReadonlySet<OrderStatus> = new Set([
  'Invalid', 'InventoryFailed', 'PaymentFailed', 'TicketingFailed', 'Refunding', 'Refunded', 'Cancelled',
]);

export interface Transition {
  event: EventType;
  /** Statuses the event may follow; 'new' for an order that does not exist yet. */
  from: readonly (OrderStatus | 'new')[];
  /** Statuses passed through on the way, in order; they appear in the history with the event's own version and time. */
  via: readonly OrderStatus[];
  /** Status after the event; 'same' keeps the one it had. */
  to: OrderStatus | 'same';
}

const CANCELLABLE = [
  'Received', 'Validated', 'InventoryHold', 'PaymentPending', 'PaymentApproved', 'InventoryConfirmed', 'TicketIssued', 'Confirmed', 'Fulfilled',
] as const satisfies readonly OrderStatus[];

/** THE state table: one row an event. Every other list of statuses, moves and events derives from it. */
export const TRANSITIONS: readonly Transition[] = [
  { event: 'OrderReceived', from: ['new'], via: [], to: 'Received' },
  { event: 'OrderValidated', from: ['Received'], via: ['Validating'], to: 'Validated' },
  { event: 'OrderInvalid', from: ['Received'], via: ['Validating'], to: 'Invalid' },
  { event: 'OrderScored', from: ['Validated'], via: [], to: 'same' },
  { event: 'InventoryHeld', from: ['Validated'], via: [], to: 'InventoryHold' },
  { event: 'InventoryUnavailable', from: ['Validated', 'PaymentApproved'], via: [], to: 'InventoryFailed' },
  { event: 'PaymentChallenged', from: ['InventoryHold'], via: [], to: 'PaymentPending' },
  { event: 'PaymentApproved', from: ['InventoryHold', 'PaymentPending'], via: ['PaymentPending'], to: 'PaymentApproved' },
  { event: 'PaymentFailed', from: ['InventoryHold', 'PaymentPending'], via: ['PaymentPending'], to: 'PaymentFailed' },
  { event: 'InventoryConfirmed', from: ['PaymentApproved'], via: ['Processing'], to: 'InventoryConfirmed' },
  { event: 'TicketIssued', from: ['InventoryConfirmed'], via: ['Ticketing'], to: 'TicketIssued' },
  { event: 'TicketingFailed', from: ['InventoryConfirmed'], via: ['Ticketing'], to: 'TicketingFailed' },
  { event: 'OrderConfirmed', from: ['TicketIssued'], via: [], to: 'Confirmed' },
  { event: 'CaptureFailed', from: ['TicketIssued'], via: [], to: 'PaymentFailed' },
  { event: 'OrderFulfilled', from: ['Confirmed'], via: [], to: 'Fulfilled' },
  { event: 'CancelRequested', from: CANCELLABLE, via: [], to: 'same' },
  { event: 'VoidRequested', from: [...CANCELLABLE, 'InventoryFailed'], via: [], to: 'same' },
  { event: 'RefundRequested', from: [...CANCELLABLE, 'TicketingFailed', 'PaymentFailed'], via: [], to: 'Refunding' },
  { event: 'OrderRefunded', from: ['Refunding'], via: [], to: 'Refunded' },
  { event: 'OrderCancelled', from: [...CANCELLABLE, 'InventoryFailed', 'PaymentFailed'], via: [], to: 'Cancelled' },
];

const BY_EVENT = new Map(TRANSITIONS.map((row) => [row.event, row]));

export function transitionOf(event: EventType): Transition {
  const row = BY_EVENT.get(event);
  if (!row) throw new Error(`order-states.ts has no row for event ${event}`);
  return row;
}

/** Status after `event`, or null where the table has no such move. */
export function nextStatus(current: OrderStatus | 'new', event: EventType): OrderStatus | null {
  const row = transitionOf(event);
  if (!row.from.includes(current)) return null;
  if (row.to !== 'same') return row.to;
  return current === 'new' ? null : current;
}

/** The statuses an event brings to the history, passed-through ones first. A status the order already has is not repeated. */
export function statusesEntered(current: OrderStatus | 'new', event: EventType): OrderStatus[] {
  const row = transitionOf(event);
  const last = row.to === 'same' ? [] : [row.to];
  return [...row.via, ...last].filter((status) => status !== current);
}

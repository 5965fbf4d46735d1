import type { Order } from '../../schemas/types.ts';

/** Where a record stands in the log. Offsets are decimal text, as Kafka's clients give them. */
export interface LogPosition {
  topic: string;
  partition: number;
  offset: string;
}

/** A piece of one partition that a sink takes over at once: from what its stored offset is before to what it is after. */
export interface OffsetRange {
  topic: string;
  partition: number;
  /** First offset of the piece. */
  from: bigint;
  /** One past its last offset, commit markers included. */
  next: bigint;
}

/** One row of the event history. Times in ms since the epoch, UTC. */
export interface EventRow extends LogPosition {
  eventId: string;
  orderId: string;
  version: number;
  type: string;
  status: string;
  occurredAt: number;
  causationId: string;
}

/** The order as its snapshot in an event has it. Money in minor units of `currency`. */
export interface OrderRow {
  orderId: string;
  version: number;
  status: string;
  channel: string;
  customerId: string;
  currency: string;
  totalMinor: number | null;
  placedAt: number;
  updatedAt: number;
  bookingReference: string | null;
  closureReason: string | null;
  /** Personal data in it is sealed. */
  snapshot: Order;
  payment: PaymentRow | null;
  hold: HoldRow | null;
  tickets: readonly TicketRow[];
}

export interface PaymentRow {
  method: string;
  status: string;
  processor: string | null;
  authorizationId: string | null;
  captureId: string | null;
  reversalId: string | null;
  declineCode: string | null;
}

export interface HoldRow {
  state: string;
  expiresAt: number;
}

export interface TicketRow {
  passengerId: string;
  ticketNumber: string;
  checkDigit: number;
  state: 'issued' | 'voided';
}

/** What one event means for the read model. */
export interface ReadModelRow {
  event: EventRow;
  order: OrderRow;
}

/** One event as analysts see it, by column name. `*_at` are ms since the epoch, UTC; money in minor units of `currency`. */
export interface AnalyticsRow {
  event_id: string;
  order_id: string;
  version: number;
  type: string;
  status: string;
  channel: string;
  customer_id: string;
  currency: string;
  total_minor: number | null;
  placed_at: number;
  occurred_at: number;
  /** From placing to this event. */
  latency_ms: number;
  /** IATA airport codes of the first flight; '' where the catalogue does not know it (any more). */
  origin: string;
  destination: string;
  flight_number: string;
  /** YYYY-MM-DD; null for an order without a flight. */
  departure_date: string | null;
  flights: number;
  ancillaries: number;
  passengers: number;
  payment_method: string;
  payment_status: string;
  payment_processor: string;
  decline_code: string;
  fraud_score: number | null;
  fraud_band: string;
  hold_state: string;
  tickets: number;
  closure_reason: string;
  topic: string;
  partition: number;
  record_offset: string;
}

import type { AnyOrderEvent } from '../../../schemas/types.ts';

/** What Kafka's log says of one event. */
export interface LoggedEvent {
  type: string;
  version: number;
  status: string;
  eventId: string;
  causationId: string;
  /** Hash of the value's bytes. */
  digest: string;
  /** `<topic>/<partition>@<offset>` */
  position: string;
}

export interface LoggedOrder {
  events: LoggedEvent[];
  /** The event of the highest version. */
  last: AnyOrderEvent;
}

export interface LedgerEntry {
  key: string;
  orderId: string;
  kind: 'authorisation' | 'capture' | 'void' | 'refund' | 'decline' | 'challenge';
  amount: number;
  currency: string;
}

export interface Booking {
  orderId: string;
  /** ticketed, cancelled, rejected or barred (cancelled before it was made). */
  state: string;
  ticketNumbers: string[];
}

export interface StoredOrder {
  orderId: string;
  version: number;
  status: string;
  totalMinor: number | null;
  currency: string;
}

export interface StoreTotals {
  events: number;
  distinctEventIds: number;
  /** Sum of the orders' totals, minor units, by currency. */
  totals: Record<string, number>;
}

/** Seat counts of one flight, date and class as Redis has them. */
export interface SeatCount {
  flight: string;
  bookingClass: string;
  held: number;
  sold: number;
  authorized: number;
}

/** Everything the invariants are checked on; gathered once, at rest. */
export interface Evidence {
  /** Ids of orders whose place command is on the commands topic, readable, with the number of distinct commands. */
  placed: ReadonlySet<string>;
  orders: ReadonlyMap<string, LoggedOrder>;
  /** Keys of dead letters, by node. */
  deadLetters: ReadonlyMap<string, readonly string[]>;
  /** Messages not read yet, by reader. */
  lag: ReadonlyMap<string, number>;
  ledger: readonly LedgerEntry[];
  bookings: readonly Booking[];
  postgres: { orders: ReadonlyMap<string, StoredOrder>; totals: StoreTotals };
  clickhouse: { orders: ReadonlyMap<string, StoredOrder>; totals: StoreTotals };
  seats: readonly SeatCount[];
  /** Canonical text of Redis's content by key, as it is and as a rebuild from the changelog gives it. */
  redis: ReadonlyMap<string, string>;
  rebuilt: ReadonlyMap<string, string>;
}

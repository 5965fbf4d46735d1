import type { AuditRecord } from '../audit/audit-chain.ts';
import type { Details } from './details.ts';
import type { EventType, InventoryHold, Order, OrderItem, Passenger, Ticket } from '../../../schemas/types.ts';

/** What Kafka's log says of one event. */
export interface LoggedEvent {
  type: EventType;
  version: number;
  status: string;
  eventId: string;
  /** `<topic>/<partition>@<offset>` */
  position: string;
}

/** What the checks need to know of an order as it stands after its newest event: no personal data, and small. */
export interface NewestState {
  type: EventType;
  version: number;
  status: string;
  details: Details;
  order: Pick<Order, 'currency' | 'total' | 'placedAt'> & {
    hold: Pick<InventoryHold, 'state' | 'expiresAt'> | null;
    items: readonly Pick<OrderItem, 'type' | 'flightNumber' | 'departureDate' | 'bookingClass' | 'passengerIds'>[];
    passengers: readonly Pick<Passenger, 'passengerId' | 'type'>[];
    tickets: readonly Pick<Ticket, 'ticketNumber'>[];
  };
}

export interface LoggedOrder {
  /** As they were read: in no particular order. */
  events: LoggedEvent[];
  /** The event of the highest version. */
  last: NewestState;
}

export interface LedgerEntry {
  key: string;
  orderId: string;
  kind: 'authorisation' | 'capture' | 'void' | 'refund' | 'decline' | 'challenge';
  /** Minor units. */
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
  /** Rows of the order in the table of events. */
  events: number;
}

export interface StoreTotals {
  events: number;
  distinctEventIds: number;
  /** Sum of the orders' totals as the store itself adds them up, minor units, by currency. */
  totals: Record<string, number>;
}

export interface Store {
  orders: ReadonlyMap<string, StoredOrder>;
  totals: StoreTotals;
}

export interface PostgresStore extends Store {
  /** Of orders with a payment, a hold or tickets. */
  details: ReadonlyMap<string, Details>;
}

/** Seat counts of one flight, date and class as Redis has them. */
export interface SeatCount {
  /** `<flight number>:<departure date>` */
  flight: string;
  bookingClass: string;
  held: number;
  sold: number;
  authorized: number;
}

/** Everything the invariants are checked on; gathered once, at rest. */
export interface Evidence {
  /** When it was gathered, ms since the epoch, UTC. */
  at: number;
  /** Ids of orders whose place command is on the commands topic, readable. */
  placed: ReadonlySet<string>;
  orders: ReadonlyMap<string, LoggedOrder>;
  /** By node, one entry a dead letter: the order it is about, or the record's key where the value tells none. */
  deadLetters: ReadonlyMap<string, readonly string[]>;
  /** Partitions, `<topic>/<partition>`, in which a transaction has not ended: nobody reads on there. */
  openTransactions: readonly string[];
  /** Messages not read yet, by reader. */
  lag: ReadonlyMap<string, number>;
  ledger: readonly LedgerEntry[];
  bookings: readonly Booking[];
  postgres: PostgresStore;
  clickhouse: Store;
  seats: readonly SeatCount[];
  /** Canonical text of Redis's content by key, as it is and as a rebuild from the changelog gives it. */
  redis: ReadonlyMap<string, string>;
  rebuilt: ReadonlyMap<string, string>;
  /** Everything on the audit topic, oldest first. */
  audit: readonly AuditRecord[];
  /** Orders of which Kafka has let go of events for their age; Postgres tells of these. */
  aged: number;
}

export interface SeatRequest {
  flightNumber: string;
  /** YYYY-MM-DD */
  departureDate: string;
  bookingClass: string;
  seats: number;
  /** Seats that may be sold in the class: capacity times the overbooking factor, rounded down. */
  authorized: number;
}

export interface FlightClassCount {
  held: number;
  sold: number;
}

export type HoldOutcome =
  | { kind: 'held'; expiresAt: number }
  | { kind: 'unavailable'; flightNumber: string; departureDate: string; bookingClass: string; available: number }
  /** The order's seats were given back before; it may not take seats again. */
  | { kind: 'released' };

export interface InventoryChanges {
  /** Names this moment, for the next call. */
  cursor: string;
  /** Flights whose counts changed, each once, possibly with some that did not; null where any flight may have changed. */
  flights: { flightNumber: string; departureDate: string }[] | null;
}

/** Seats by flight, date and booking class. All calls are idempotent by order id; one order holds all its seats or none. */
export interface InventoryPort {
  /** Repeats answer the first hold. `expiresAt` in ms, UTC. */
  hold(orderId: string, seats: readonly SeatRequest[], expiresAt: number): Promise<HoldOutcome>;
  /** Hold becomes sale; 'lost' when it has lapsed or been released (nothing is then held or sold for the order). */
  confirm(orderId: string, seats: readonly SeatRequest[], now: number): Promise<{ kind: 'confirmed' } | { kind: 'lost' }>;
  /** Gives back held or sold seats; a no-op where there are none; a later hold for the order is refused. */
  release(orderId: string, seats: readonly SeatRequest[]): Promise<void>;
  /** What has changed since the call that answered the cursor; null for no cursor: nothing is known. */
  changes(since: string | null): Promise<InventoryChanges>;
  /** Counts by booking class, for each flight in the order asked; a flight nobody has touched has an empty record. */
  counts(flights: readonly { flightNumber: string; departureDate: string }[]): Promise<Readonly<Record<string, FlightClassCount>>[]>;
}

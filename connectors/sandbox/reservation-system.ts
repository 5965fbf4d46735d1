import { hash } from 'node:crypto';
import { BookingRecords, type BookingRecord, type TicketRecord } from './booking-records.ts';
import { recordLocator } from './record-locator.ts';
import type { SandboxStore } from './store.ts';

/** What is to be booked, without names: those are checked for presence by the routes and go no further. */
export interface BookingRequest {
  orderId: string;
  passengerIds: readonly string[];
  segments: readonly {
    flightNumber: string;
    departureDate: string;
    bookingClass: string;
    passengerIds: readonly string[];
  }[];
  /** 3 digits. */
  airlineAccountingCode: string;
}

export interface Booking extends Omit<BookingRecord, 'fingerprint'> {
  tickets: TicketRecord[];
}

export type Booked = { kind: 'booking'; booking: Booking } | { kind: 'body_differs' };

/** Flights that this system cannot ticket. */
const UNTICKETABLE: ReadonlySet<string> = new Set(['IA901']);

/**
 * A passenger service system: one booking an order, with a record locator and one ticket a passenger. A repeat answers the first
 * booking; a cancelled order is never booked again. Calls must run inside the store's transaction.
 */
export class ReservationSystem {
  readonly #records: BookingRecords;
  readonly #now: () => number;

  constructor(store: SandboxStore, now: () => number) {
    this.#records = new BookingRecords(store);
    this.#now = now;
  }

  find(orderId: string): Booking | undefined {
    const record = this.#records.find(orderId);
    return record && this.#withTickets(record);
  }

  page(after: number, limit: number): (Booking & { seq: number })[] {
    return this.#records.page(after, limit).map((record) => ({ ...this.#withTickets(record), seq: record.seq }));
  }

  book(asked: BookingRequest): Booked {
    const fingerprint = fingerprintOf(asked);
    const known = this.#records.find(asked.orderId);
    if (known) {
      if (known.fingerprint !== null && known.fingerprint !== fingerprint) return { kind: 'body_differs' };
      return { kind: 'booking', booking: this.#withTickets(known) };
    }
    const { orderId } = asked;
    const base = { orderId, fingerprint, bookingReference: null, code: null, at: this.#now() };
    if (asked.segments.some(({ flightNumber }) => UNTICKETABLE.has(flightNumber))) {
      return this.#booked(this.#records.add({ ...base, state: 'rejected', code: 'ticketing_refused' }));
    }
    const booking = this.#records.add({ ...base, state: 'ticketed', bookingReference: this.#freeLocator(orderId) });
    for (const passengerId of asked.passengerIds) {
      this.#records.issueTicket(orderId, passengerId, asked.airlineAccountingCode);
    }
    return this.#booked(booking);
  }

  /** Voids booking and tickets, or bars the order where there are none. Repeats answer as the first call did. */
  cancel(orderId: string): 'cancelled' | 'nothing' {
    const known = this.#records.find(orderId);
    if (!known) {
      const none = { fingerprint: null, bookingReference: null, code: null };
      this.#records.add({ orderId, state: 'barred', ...none, at: this.#now() });
      return 'nothing';
    }
    if (known.state === 'ticketed') this.#records.setState(orderId, 'cancelled');
    return known.state === 'ticketed' || known.state === 'cancelled' ? 'cancelled' : 'nothing';
  }

  #freeLocator(orderId: string): string {
    for (let attempt = 0; ; attempt++) {
      const locator = recordLocator(orderId, attempt);
      if (!this.#records.locatorTaken(locator)) return locator;
    }
  }

  #booked(record: BookingRecord): Booked {
    return { kind: 'booking', booking: this.#withTickets(record) };
  }

  #withTickets({ fingerprint: _, ...record }: BookingRecord): Booking {
    return { ...record, tickets: this.#records.tickets(record.orderId) };
  }
}

function fingerprintOf({ orderId, passengerIds, segments, airlineAccountingCode }: BookingRequest): string {
  const flown = segments.map((segment) => [
    segment.flightNumber,
    segment.departureDate,
    segment.bookingClass,
    segment.passengerIds,
  ]);
  return hash('sha256', JSON.stringify([orderId, passengerIds, flown, airlineAccountingCode]));
}

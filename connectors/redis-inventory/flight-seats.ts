import type { SeatRequest } from '../ports/inventory.ts';
import { countersKey, type FlightDate } from './flight-key.ts';

export interface ClassSeats {
  bookingClass: string;
  seats: number;
  authorized: number;
}

/** All seats an order wants on one flight-date, by class. */
export interface FlightSeats extends FlightDate {
  classes: ClassSeats[];
}

/** Requests gathered by flight-date and class, in the one order in which every caller takes flights. */
export function flightSeatsOf(requests: readonly SeatRequest[]): FlightSeats[] {
  const flights = new Map<string, FlightSeats>();
  for (const { flightNumber, departureDate, bookingClass, seats, authorized } of requests) {
    const key = countersKey({ flightNumber, departureDate });
    const flight = flights.get(key) ?? { flightNumber, departureDate, classes: [] };
    flights.set(key, flight);
    const same = flight.classes.find((other) => other.bookingClass === bookingClass);
    if (same) same.seats += seats;
    else flight.classes.push({ bookingClass, seats, authorized });
  }
  return [...flights].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, flight]) => flight);
}

/** `M=1,Y=2`: the seats as an entry tells them, classes in order of the alphabet. */
export function seatsText(classes: readonly Pick<ClassSeats, 'bookingClass' | 'seats'>[]): string {
  return classes
    .map(({ bookingClass, seats }) => `${bookingClass}=${seats}`)
    .sort()
    .join(',');
}

/** What one order has on one flight-date. */
export type Entry =
  | { state: 'held' | 'sold'; expiresAt: number; seats: Record<string, number> }
  | { state: 'released' };

/** Throws where the text is no entry. */
export function parseEntry(text: string): Entry {
  if (text === 'released') return { state: 'released' };
  const [, state, expiresAt, seats] = /^(held|sold) (\d+) (\S+) \S+$/.exec(text) ?? [];
  if (!state || !seats) throw new Error(`not an inventory entry: ${text}`);
  const counts = seats.split(',').map((part) => part.split('=') as [string, string]);
  return {
    state: state as 'held' | 'sold',
    expiresAt: Number(expiresAt),
    seats: Object.fromEntries(counts.map(([bookingClass, count]) => [bookingClass, Number(count)])),
  };
}

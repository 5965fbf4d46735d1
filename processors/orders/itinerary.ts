import type { CataloguePort, Flight } from '../../connectors/ports/catalogue.ts';
import type { Fault, Order, OrderItem } from '../../schemas/types.ts';
import { isDate } from './calendar.ts';
import { fault } from './faults.ts';

/** Sales close this long before departure, ms. */
export const CLOSES_BEFORE_MS = 60 * 60_000;

export interface BookedFlight {
  flightNumber: string;
  departureDate: string;
  /** Of the first item that books it. */
  pointer: string;
  /** Of all items that book it. */
  passengerIds: Set<string>;
}

/** The order's flights, each once, with everybody booked on it. Items without flight number or date are left out. */
export function bookedFlights(order: Order): BookedFlight[] {
  const flights = new Map<string, BookedFlight>();
  order.items.forEach((item, index) => {
    const { type, flightNumber, departureDate, passengerIds } = item;
    if (type !== 'flight' || flightNumber === null || departureDate === null) return;
    const key = `${flightNumber}|${departureDate}`;
    const known = flights.get(key) ?? {
      flightNumber,
      departureDate,
      pointer: `/items/${index}`,
      passengerIds: new Set(),
    };
    for (const id of passengerIds) known.passengerIds.add(id);
    flights.set(key, known);
  });
  return [...flights.values()];
}

/** Earliest departure date of the order's flights, YYYY-MM-DD; null where none has a real date. */
export function firstDeparture(order: Order): string | null {
  const dates = bookedFlights(order)
    .map((flight) => flight.departureDate)
    .filter(isDate)
    .sort();
  return dates[0] ?? null;
}

/** Faults of every flight item by itself, and of each passenger's flights taken together. `now` in ms, UTC. */
export function checkItinerary(order: Order, catalogue: CataloguePort, now: number): Fault[] {
  const each = order.items.flatMap((item, index) =>
    item.type === 'flight' ? checkFlight(item, `/items/${index}`, catalogue, now) : [],
  );
  return [...each, ...checkBookings(order, catalogue)];
}

function checkFlight(item: OrderItem, at: string, catalogue: CataloguePort, now: number): Fault[] {
  const { flightNumber, departureDate, bookingClass } = item;
  const missing = (['flightNumber', 'departureDate', 'bookingClass'] as const)
    .filter((field) => item[field] === null)
    .map((field) => fault('missing_field', `${at}/${field}`));
  if (flightNumber === null || departureDate === null) return missing;
  if (!isDate(departureDate)) return [...missing, fault('bad_date', `${at}/departureDate`)];
  const flight = catalogue.flight(flightNumber, departureDate);
  if (!flight) return [...missing, fault('unknown_flight', `${at}/flightNumber`)];
  const sold = bookingClass === null || flight.classes.some((one) => one.bookingClass === bookingClass);
  return [
    ...missing,
    ...checkDeparture(flight, `${at}/departureDate`, now),
    ...(sold ? [] : [fault('unknown_class', `${at}/bookingClass`)]),
  ];
}

function checkDeparture(flight: Flight, pointer: string, now: number): Fault[] {
  if (flight.departureTime <= now) return [fault('departed', pointer)];
  return flight.departureTime - now < CLOSES_BEFORE_MS ? [fault('departure_too_close', pointer)] : [];
}

interface Booking {
  pointer: string;
  key: string;
  flight: Flight | undefined;
}

/** Nobody is twice on one flight, nor in two places at once. */
function checkBookings(order: Order, catalogue: CataloguePort): Fault[] {
  const byPassenger = new Map<string, Booking[]>();
  order.items.forEach((item, index) => {
    if (item.type !== 'flight' || item.flightNumber === null || item.departureDate === null) return;
    const { flightNumber, departureDate } = item;
    const booking = {
      pointer: `/items/${index}`,
      key: `${flightNumber}|${departureDate}`,
      flight: isDate(departureDate) ? catalogue.flight(flightNumber, departureDate) : undefined,
    };
    for (const id of new Set(item.passengerIds)) byPassenger.set(id, [...(byPassenger.get(id) ?? []), booking]);
  });
  const faults = [...byPassenger.values()].flatMap((bookings) => [...checkTwice(bookings), ...checkOverlap(bookings)]);
  return unique(faults);
}

function checkTwice(bookings: readonly Booking[]): Fault[] {
  const again = bookings.filter((one, index) => bookings.findIndex((other) => other.key === one.key) < index);
  return again.map((one) => fault('duplicate_booking', one.pointer));
}

function checkOverlap(bookings: readonly Booking[]): Fault[] {
  const inTime = bookings
    .flatMap(({ pointer, key, flight }) => (flight ? [{ pointer, key, flight }] : []))
    .sort((one, other) => one.flight.departureTime - other.flight.departureTime);
  return inTime.flatMap((next, index) => {
    const before = inTime.slice(0, index).filter((one) => one.key !== next.key);
    const latest = Math.max(...before.map((one) => one.flight.arrivalTime), Number.NEGATIVE_INFINITY);
    return latest >= next.flight.departureTime ? [fault('overlapping_flights', next.pointer)] : [];
  });
}

/** Passengers who share an item share its faults: each is told once. */
function unique(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((one) => [`${one.code} ${one.pointer}`, one])).values()];
}

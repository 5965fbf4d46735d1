import type { CataloguePort, Flight, FlightClass } from '../connectors/ports/catalogue.ts';
import type { FlightClassCount, InventoryPort } from '../connectors/ports/inventory.ts';
import { authorizedSeats } from '../processors/inventory/seats.ts';

export interface AvailabilityQuery {
  /** YYYY-MM-DD */
  date: string;
  origin?: string | undefined;
  destination?: string | undefined;
  flightNumber?: string | undefined;
  /** Leaves out classes with fewer seats, and flights without such a class. */
  passengers?: number | undefined;
  currency: string;
}

export interface ClassAvailability {
  bookingClass: string;
  cabin: string;
  available: number;
  /** Fare of one adult. */
  price: { amount: number; currency: string };
}

export interface FlightAvailability {
  flightNumber: string;
  departureDate: string;
  origin: string;
  destination: string;
  departsAt: string;
  arrivesAt: string;
  classes: ClassAvailability[];
}

export interface SeatCounts extends FlightClassCount {
  bookingClass: string;
  capacity: number;
  /** Seats that may be sold: capacity times the overbooking factor, rounded down. */
  authorized: number;
  available: number;
}

export interface FlightSeats {
  flightNumber: string;
  departureDate: string;
  classes: SeatCounts[];
}

interface Options {
  catalogue: CataloguePort;
  inventory: Pick<InventoryPort, 'counts'>;
  overbookingFactor: number;
  /** How long an answer is given again, ms. */
  freshMs: number;
  now: () => number;
}

interface Kept<Value> {
  until: number;
  value: Promise<Value>;
}

const MAX_KEPT = 2_000;

/**
 * Searches for seats. Each distinct question is answered once every `freshMs` from the seat counts and written out as
 * JSON once; all others who ask the same get the same bytes. Counts are read once a date for all questions.
 */
export class AvailabilitySearch {
  readonly #options: Options;
  readonly #answers = new Map<string, Kept<Buffer>>();
  readonly #dates = new Map<string, Kept<FlightSeats[]>>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** `{data: FlightAvailability[]}` as JSON. */
  search(query: AvailabilityQuery): Promise<Buffer> {
    const { date, origin = '', destination = '', flightNumber = '', passengers = 0, currency } = query;
    const key = `${date}|${origin}|${destination}|${flightNumber}|${passengers}|${currency}`;
    return this.#kept(this.#answers, key, async () => {
      const data = await this.find(query);
      return Buffer.from(JSON.stringify({ data }));
    });
  }

  async find(query: AvailabilityQuery): Promise<FlightAvailability[]> {
    const flights = this.#options.catalogue.flightsOn(query.date);
    const seats = await this.seatsOn(query.date);
    return flights.flatMap((flight, at) => {
      if (!fits(flight, query)) return [];
      const classes = this.#classes(flight, seats[at]?.classes ?? [], query);
      return classes.length === 0 && query.passengers !== undefined ? [] : [flightAvailability(flight, classes)];
    });
  }

  /** Seats of all flights of the date, in the catalogue's order. */
  seatsOn(date: string): Promise<FlightSeats[]> {
    return this.#kept(this.#dates, date, async () => {
      const flights = this.#options.catalogue.flightsOn(date);
      const counts = await this.#options.inventory.counts(flights);
      return flights.map(({ flightNumber, departureDate, classes }, at) => ({
        flightNumber,
        departureDate,
        classes: classes.map((each) => this.#seats(each, counts[at]?.[each.bookingClass])),
      }));
    });
  }

  #classes(flight: Flight, seats: SeatCounts[], query: AvailabilityQuery): ClassAvailability[] {
    return flight.classes.flatMap(({ bookingClass, cabin }, at) => {
      const available = seats[at]?.available ?? 0;
      const price = this.#options.catalogue.fare(flight, bookingClass, 'ADT', query.currency);
      return price && available >= (query.passengers ?? 0)
        ? [{ bookingClass, cabin, available, price: { amount: price.amount, currency: price.currency } }]
        : [];
    });
  }

  #seats({ bookingClass, capacity }: FlightClass, { held, sold }: FlightClassCount = { held: 0, sold: 0 }): SeatCounts {
    const authorized = authorizedSeats(capacity, this.#options.overbookingFactor);
    return { bookingClass, capacity, authorized, held, sold, available: Math.max(0, authorized - held - sold) };
  }

  /** One run for all who ask at once and for a moment after; a failure is not kept. */
  #kept<Value>(store: Map<string, Kept<Value>>, key: string, make: () => Promise<Value>): Promise<Value> {
    const now = this.#options.now();
    const found = store.get(key);
    if (found && found.until > now) return found.value;
    if (store.size >= MAX_KEPT) store.clear();
    const value = make();
    store.set(key, { until: now + this.#options.freshMs, value });
    value.catch(() => {
      if (store.get(key)?.value === value) store.delete(key);
    });
    return value;
  }
}

function fits(flight: Flight, { origin, destination, flightNumber }: AvailabilityQuery): boolean {
  return (
    (origin === undefined || flight.origin === origin) &&
    (destination === undefined || flight.destination === destination) &&
    (flightNumber === undefined || flight.flightNumber === flightNumber)
  );
}

const flightAvailability = (flight: Flight, classes: ClassAvailability[]): FlightAvailability => ({
  flightNumber: flight.flightNumber,
  departureDate: flight.departureDate,
  origin: flight.origin,
  destination: flight.destination,
  departsAt: flight.departsAt,
  arrivesAt: flight.arrivesAt,
  classes,
});

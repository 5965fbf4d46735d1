import { hash } from 'node:crypto';
import type { CataloguePort } from '../connectors/ports/catalogue.ts';
import type { FlightClassCount } from '../connectors/ports/inventory.ts';
import { authorizedSeats } from '../processors/inventory/seats.ts';
import { keptBytes } from '../topology/runtime/kept-bytes.ts';
import { type DateImage, type FlightImage, SeatImage, type SeatImageOptions } from './seat-image.ts';

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

/** `{data: FlightAvailability[]}` written out, and its strong entity tag. The same flights and seats give the same two. */
export interface WrittenAvailability {
  json: Buffer;
  etag: string;
}

/** A question with the answer given to it last, which stands until a flight it is about changes. */
interface Question {
  query: AvailabilityQuery;
  image: DateImage | null;
  flights: readonly FlightImage[];
  versions: number;
  written: WrittenAvailability | null;
}

const MAX_QUESTIONS = 20_000;
/** Texts of one flight, by currency and passengers. */
const MAX_VARIANTS = 16;
const MAX_WRITTEN_BYTES = 64 * 1024 * 1024;

/** Searches for seats in the image of them. */
export class AvailabilitySearch {
  readonly #catalogue: CataloguePort;
  readonly #overbookingFactor: number;
  readonly #seats: SeatImage;
  readonly #questions = new Map<string, Question>();
  readonly #texts = new WeakMap<FlightImage, { version: number; byVariant: Map<string, string> }>();
  #writtenBytes = 0;

  constructor({ overbookingFactor, ...options }: SeatImageOptions & { overbookingFactor: number }) {
    this.#catalogue = options.catalogue;
    this.#overbookingFactor = overbookingFactor;
    this.#seats = new SeatImage(options);
  }

  /** Throws what the inventory throws. */
  async search(query: AvailabilityQuery): Promise<WrittenAvailability> {
    const image = await this.#seats.fresh(query.date);
    return this.#write(this.#question(keyOf(query), query), image);
  }

  /** A way to ask the same over and over: null while the seats of the date have to be read first, which `search` does. */
  repeatedly(query: AvailabilityQuery): () => WrittenAvailability | null {
    const key = keyOf(query);
    return () => {
      const image = this.#seats.current(query.date);
      return image && this.#write(this.#question(key, query), image);
    };
  }

  /** Seats of all flights of the date, in the catalogue's order. */
  async seatsOn(date: string): Promise<FlightSeats[]> {
    const { flights } = await this.#seats.fresh(date);
    return flights.map((image) => ({
      flightNumber: image.flight.flightNumber,
      departureDate: image.flight.departureDate,
      classes: this.#seatCounts(image),
    }));
  }

  #question(key: string, query: AvailabilityQuery): Question {
    const known = this.#questions.get(key);
    if (known) return known;
    if (this.#questions.size >= MAX_QUESTIONS) this.#forget();
    const question = { query, image: null, flights: [], versions: -1, written: null };
    this.#questions.set(key, question);
    return question;
  }

  #forget(): void {
    this.#questions.clear();
    this.#writtenBytes = 0;
  }

  #write(question: Question, image: DateImage): WrittenAvailability {
    if (question.image !== image) {
      question.image = image;
      question.flights = image.flights.filter(({ flight }) => fits(flight, question.query));
      question.versions = -1;
    }
    // Versions only rise: their sum stays the same where none of them moved.
    let versions = 0;
    for (const { version } of question.flights) versions += version;
    if (question.written && question.versions === versions) return question.written;
    const written = this.#writeOut(question);
    this.#writtenBytes += written.json.length - (question.written?.json.length ?? 0);
    question.versions = versions;
    question.written = written;
    if (this.#writtenBytes > MAX_WRITTEN_BYTES) this.#forget();
    return written;
  }

  #writeOut({ flights, query }: Question): WrittenAvailability {
    const texts = flights.map((image) => this.#textOf(image, query)).filter((text) => text !== '');
    const json = keptBytes(Buffer.from(`{"data":[${texts.join(',')}]}`));
    return { json, etag: `"${hash('sha256', json, 'base64url').slice(0, 22)}"` };
  }

  /** A flight's part of the answer; empty where it is left out. Questions that find the same flight share it. */
  #textOf(image: FlightImage, query: AvailabilityQuery): string {
    const variant = `${query.currency}|${query.passengers ?? ''}`;
    const kept = this.#texts.get(image);
    const known = kept?.version === image.version ? kept.byVariant.get(variant) : undefined;
    if (known !== undefined) return known;
    const classes = this.#classes(image, query);
    const leftOut = classes.length === 0 && query.passengers !== undefined;
    const text = leftOut ? '' : JSON.stringify(flightAvailability(image, classes));
    if (kept?.version === image.version && kept.byVariant.size < MAX_VARIANTS) kept.byVariant.set(variant, text);
    else this.#texts.set(image, { version: image.version, byVariant: new Map([[variant, text]]) });
    return text;
  }

  #classes(image: FlightImage, { currency, passengers = 0 }: AvailabilityQuery): ClassAvailability[] {
    const { flight } = image;
    const seats = this.#seatCounts(image);
    return flight.classes.flatMap(({ bookingClass, cabin }, at) => {
      const available = seats[at]?.available ?? 0;
      const price = this.#catalogue.fare(flight, bookingClass, 'ADT', currency);
      return price && available >= passengers
        ? [{ bookingClass, cabin, available, price: { amount: price.amount, currency: price.currency } }]
        : [];
    });
  }

  #seatCounts({ flight, counts }: FlightImage): SeatCounts[] {
    return flight.classes.map(({ bookingClass, capacity }) => {
      const { held, sold } = counts[bookingClass] ?? { held: 0, sold: 0 };
      const authorized = authorizedSeats(capacity, this.#overbookingFactor);
      return { bookingClass, capacity, authorized, held, sold, available: Math.max(0, authorized - held - sold) };
    });
  }
}

const keyOf = ({ date, origin, destination, flightNumber, passengers, currency }: AvailabilityQuery): string =>
  [date, origin, destination, flightNumber, passengers, currency].join('|');

function fits(flight: FlightImage['flight'], { origin, destination, flightNumber }: AvailabilityQuery): boolean {
  return (
    (origin === undefined || flight.origin === origin) &&
    (destination === undefined || flight.destination === destination) &&
    (flightNumber === undefined || flight.flightNumber === flightNumber)
  );
}

const flightAvailability = ({ flight }: FlightImage, classes: ClassAvailability[]): FlightAvailability => ({
  flightNumber: flight.flightNumber,
  departureDate: flight.departureDate,
  origin: flight.origin,
  destination: flight.destination,
  departsAt: flight.departsAt,
  arrivesAt: flight.arrivesAt,
  classes,
});

import type { CataloguePort, Flight } from '../connectors/ports/catalogue.ts';
import type { FlightClassCount, InventoryPort } from '../connectors/ports/inventory.ts';

/** One flight-date with its seat counts as they were read last. */
export interface FlightImage {
  readonly flight: Flight;
  counts: Readonly<Record<string, FlightClassCount>>;
  /** Rises whenever the counts become others. */
  version: number;
}

/** All flights of a date, in the catalogue's order. */
export interface DateImage {
  readonly date: string;
  readonly flights: readonly FlightImage[];
  /** When all its counts were read last; ms. */
  readAt: number;
}

export interface SeatImageOptions {
  catalogue: CataloguePort;
  inventory: Pick<InventoryPort, 'counts' | 'changes'>;
  /** How far the image may be behind the inventory, ms. */
  freshMs: number;
  /** How often a date that is asked for is read whole, ms: what changed in ways the inventory does not tell of shows then. */
  rereadMs: number;
  now: () => number;
}

const MAX_DATES = 128;
/** Dates read for the first time in one reading: their flights are many, and look-ups of other dates wait while they are taken in. */
const FIRST_READ_AT_ONCE = 4;

/**
 * The seat counts of the dates that are asked for, in this process's memory. A date is read whole once; from then on only the flights are
 * read again that the inventory names as changed. Nothing is read while nobody asks: a look-up that finds the image older than half of
 * `freshMs` has it brought up to date on the side, one that finds it older than `freshMs` waits for that. It is for looking only: seats
 * are given by the inventory's own word.
 */
export class SeatImage {
  readonly #options: SeatImageOptions;
  readonly #dates = new Map<string, DateImage>();
  /** Dates that somebody waits for, and known ones that are due to be read whole again. */
  readonly #wanted = new Set<string>();
  readonly #overdue = new Set<string>();
  #cursor: string | null = null;
  /** When the reading began that the image is up to date with, ms. */
  #asOf = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;
  #following: Promise<void> | null = null;

  constructor(options: SeatImageOptions) {
    this.#options = options;
  }

  /** The date as it was at most `freshMs` ago; null where `fresh` has to be awaited first. */
  current(date: string): DateImage | null {
    const { now, freshMs, rereadMs } = this.#options;
    const age = now() - this.#asOf;
    const image = this.#dates.get(date);
    // A clock that was put back tells no age.
    if (!image || age < 0 || age >= freshMs) return null;
    const overdue = Math.abs(now() - image.readAt) >= rereadMs;
    if (overdue) this.#overdue.add(date);
    if (age * 2 >= freshMs && !this.#running) this.#read().catch(() => undefined);
    return image;
  }

  /** As `current`, waiting for the inventory where necessary. Throws what the inventory throws. */
  async fresh(date: string): Promise<DateImage> {
    const image = this.current(date);
    if (image) return image;
    for (;;) {
      if (!this.#dates.has(date)) this.#wanted.add(date);
      await this.#readFromNow();
      const read = this.#dates.get(date);
      if (read) return read;
    }
  }

  /** A reading that begins now or later: those who wait for one share it. */
  #readFromNow(): Promise<void> {
    if (!this.#running) return this.#read();
    this.#following ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#following = null;
        return this.#read();
      });
    return this.#following;
  }

  #read(): Promise<void> {
    this.#running = this.#update().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** One reading at a time, so that older counts never replace newer ones. */
  async #update(): Promise<void> {
    const startedAt = this.#options.now();
    const wanted = [...this.#wanted].slice(0, FIRST_READ_AT_ONCE);
    const [overdue] = this.#overdue;
    if (overdue !== undefined) this.#overdue.delete(overdue);
    // Asked before the counts are read: a change after this is told the next time.
    const { cursor, flights } = await this.#options.inventory.changes(this.#cursor);
    const whole = new Set([...wanted, ...(overdue === undefined ? [] : [overdue]), ...(flights ? [] : this.#dates.keys())]);
    const dates = [...whole].map((date) => this.#dates.get(date) ?? imageOf(date, this.#options.catalogue));
    const changed = (flights ?? []).flatMap((flight) => this.#imagesOf(flight));
    const images = [...new Set([...dates.flatMap((date) => date.flights), ...changed])];
    const counts = images.length > 0 ? await this.#options.inventory.counts(images.map(({ flight }) => flight)) : [];
    for (const [at, image] of images.entries()) take(image, counts[at] ?? {});
    for (const date of dates) this.#keep(date, startedAt);
    this.#cursor = cursor;
    this.#asOf = startedAt;
  }

  #imagesOf({ flightNumber, departureDate }: { flightNumber: string; departureDate: string }): FlightImage[] {
    const image = this.#dates.get(departureDate)?.flights.find(({ flight }) => flight.flightNumber === flightNumber);
    return image ? [image] : [];
  }

  #keep(image: DateImage, readAt: number): void {
    image.readAt = readAt;
    this.#wanted.delete(image.date);
    this.#dates.set(image.date, image);
    const [oldest] = this.#dates.keys();
    if (this.#dates.size > MAX_DATES && oldest !== undefined) this.#dates.delete(oldest);
  }
}

const imageOf = (date: string, catalogue: CataloguePort): DateImage => ({
  date,
  flights: catalogue.flightsOn(date).map((flight) => ({ flight, counts: {}, version: 0 })),
  readAt: 0,
});

function take(image: FlightImage, counts: Readonly<Record<string, FlightClassCount>>): void {
  if (sameCounts(image.counts, counts)) return;
  image.counts = counts;
  image.version += 1;
}

function sameCounts(one: FlightImage['counts'], other: FlightImage['counts']): boolean {
  const classes = Object.keys(one);
  return (
    classes.length === Object.keys(other).length &&
    classes.every((each) => one[each]?.held === other[each]?.held && one[each]?.sold === other[each]?.sold)
  );
}

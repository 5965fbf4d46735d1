import type { Redis } from 'ioredis';
import type { CataloguePort } from '../../../connectors/ports/catalogue.ts';
import { authorizedSeats } from '../../../processors/inventory/seats.ts';
import type { Settings } from '../../../processors/settings.ts';
import type { SeatCount } from './evidence.ts';

const COUNTERS = /^\{inv:([^:]+):(\d{4}-\d{2}-\d{2})\}$/;

/** Seat counts of every flight that anyone has touched, with what may be sold of each class. */
export async function readSeats(redis: Redis, catalogue: CataloguePort, settings: Settings): Promise<SeatCount[]> {
  const counts: SeatCount[] = [];
  for await (const keys of redis.scanStream({ match: '{inv:*}', count: 1_000 })) {
    for (const key of new Set(keys as string[])) {
      const [, flightNumber, departureDate] = COUNTERS.exec(key) ?? [];
      if (!flightNumber || !departureDate) continue;
      const flight = catalogue.flight(flightNumber, departureDate);
      counts.push(...classCounts(`${flightNumber}:${departureDate}`, await redis.hgetall(key), (bookingClass) => {
        const capacity = flight?.classes.find((each) => each.bookingClass === bookingClass)?.capacity;
        return capacity === undefined ? Number.POSITIVE_INFINITY : authorizedSeats(capacity, settings.overbookingFactor);
      }));
    }
  }
  return counts;
}

function classCounts(flight: string, counters: Record<string, string>, authorized: (bookingClass: string) => number): SeatCount[] {
  const classes = new Set(Object.keys(counters).flatMap((field) => (/^[hs]:/.test(field) ? [field.slice(2)] : [])));
  return [...classes].map((bookingClass) => ({
    flight, bookingClass, held: Number(counters[`h:${bookingClass}`] ?? 0), sold: Number(counters[`s:${bookingClass}`] ?? 0), authorized: authorized(bookingClass),
  }));
}

import type { CataloguePort, Flight } from '../../connectors/ports/catalogue.ts';
import type { Random } from './random.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Days from today; the last flight sold leaves within sixty. */
const LAST_DAY = 59;
/** Days before departure, from and to, and how often. */
const LEAD_DAYS: readonly (readonly [readonly [number, number], number])[] = [
  [[2, 7], 25],
  [[8, 21], 35],
  [[22, 56], 40],
];
const STAY_DAYS = [2, 14] as const;

/** Classes as passengers ask for them; those a flight does not have are passed over. */
const CLASS_WEIGHTS: Readonly<Record<string, number>> = { Y: 30, M: 25, K: 20, B: 13, C: 6, J: 3, W: 3 };

export interface Leg {
  flight: Flight;
  bookingClass: string;
}

/** Ordinary flights only: the special ones fail on purpose. */
const isOrdinary = ({ flightNumber }: Flight): boolean => /^IA1\d\d$/.test(flightNumber);

export const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** A trip out, out and back, or out with a connection. `today`: ms, UTC. */
export function journey(random: Random, catalogue: CataloguePort, today: number): Leg[] {
  const [from, to] = random.weighted(LEAD_DAYS);
  const day = random.int(from, to);
  const out = random.pick(flightsOn(catalogue, today, day));
  const flights = random.chance(60)
    ? withReturn(random, catalogue, today, day, out)
    : withConnection(random, catalogue, today, day, out);
  return flights.map((flight) => ({ flight, bookingClass: classOf(random, flight) }));
}

function flightsOn(catalogue: CataloguePort, today: number, day: number): Flight[] {
  return catalogue.flightsOn(dateOf(today + day * DAY_MS)).filter(isOrdinary);
}

function withReturn(random: Random, catalogue: CataloguePort, today: number, day: number, out: Flight): Flight[] {
  const back = Math.min(LAST_DAY, day + random.int(...STAY_DAYS));
  const home = flightsOn(catalogue, today, back).filter(
    ({ origin, destination, departureTime }) =>
      origin === out.destination && destination === out.origin && departureTime > out.arrivalTime + HOUR_MS,
  );
  return home.length > 0 ? [out, random.pick(home)] : [out];
}

function withConnection(random: Random, catalogue: CataloguePort, today: number, day: number, out: Flight): Flight[] {
  if (!random.chance(40)) return [out];
  const onward = flightsOn(catalogue, today, day).filter(
    ({ origin, destination, departureTime }) =>
      origin === out.destination &&
      destination !== out.origin &&
      departureTime > out.arrivalTime + HOUR_MS &&
      departureTime < out.arrivalTime + 8 * HOUR_MS,
  );
  return onward.length > 0 ? [out, random.pick(onward)] : [out];
}

function classOf(random: Random, { classes }: Flight): string {
  return random.weighted(classes.map(({ bookingClass }) => [bookingClass, CLASS_WEIGHTS[bookingClass] ?? 1] as const));
}

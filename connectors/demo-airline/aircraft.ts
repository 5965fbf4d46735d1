import type { FlightClass } from '../ports/catalogue.ts';

export interface SeatBlock {
  bookingClass: string;
  cabin: FlightClass['cabin'];
  capacity: number;
}

const CABIN_OF: Readonly<Record<string, FlightClass['cabin']>> = {
  J: 'business',
  C: 'business',
  W: 'premium',
  Y: 'economy',
  B: 'economy',
  M: 'economy',
  K: 'economy',
};

const layout = (capacities: Readonly<Record<string, number>>): readonly SeatBlock[] =>
  Object.entries(capacities).map(([bookingClass, capacity]) => ({
    bookingClass,
    capacity,
    cabin: CABIN_OF[bookingClass] as FlightClass['cabin'],
  }));

export interface Aircraft {
  name: string;
  /** Longest leg it is put on, km. */
  rangeKm: number;
  layout: readonly SeatBlock[];
}

/** The fleet, smallest first; seats by booking class. */
export const FLEET: readonly Aircraft[] = [
  { name: 'regional jet, 110 seats', rangeKm: 900, layout: layout({ C: 10, Y: 36, B: 28, M: 20, K: 16 }) },
  { name: 'narrow body, 174 seats', rangeKm: 4_200, layout: layout({ J: 4, C: 8, Y: 54, B: 42, M: 36, K: 30 }) },
  {
    name: 'wide body, 315 seats',
    rangeKm: 20_000,
    layout: layout({ J: 14, C: 28, W: 24, Y: 80, B: 64, M: 57, K: 48 }),
  },
];

/** The smallest aircraft that flies the distance. */
export function aircraftFor(distance: number): Aircraft {
  return FLEET.find(({ rangeKm }) => distance <= rangeKm) ?? (FLEET.at(-1) as Aircraft);
}

/** Seats of flights that are not as full as their aircraft: IA902 has none at all, IA903 a single one. */
export const SPECIAL_LAYOUTS: Readonly<Record<string, readonly SeatBlock[]>> = {
  IA902: layout({ J: 0, C: 0, Y: 0, B: 0, M: 0, K: 0 }),
  IA903: layout({ Y: 1 }),
};

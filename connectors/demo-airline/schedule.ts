import { airport, type Airport, distanceKm } from './airports.ts';

/** A flight number and what it does every day. */
export interface Service {
  flightNumber: string;
  from: Airport;
  to: Airport;
  distanceKm: number;
  /** Minute of the day at the airport of departure. */
  departsAtMinute: number;
  blockMinutes: number;
}

/** IA101 and IA102 fly the first pair there and back, IA103 and IA104 the second, and so on; IA199 comes back as IA100. */
const PAIRS = `
LHR-BCN LHR-EDI LHR-DUB LHR-CDG LHR-AMS LHR-FRA LHR-MUC LHR-ZRH LHR-VIE LHR-MAD
LHR-LIS LHR-FCO LHR-MXP LHR-ATH LHR-IST LHR-CPH LHR-ARN LHR-OSL LHR-HEL LHR-WAW
LHR-PRG LHR-BRU LHR-JFK LHR-BOS LHR-MIA LHR-ORD LHR-LAX LHR-SFO LHR-YYZ LHR-MEX
LHR-GRU LHR-DXB LHR-DOH LHR-KWI LHR-DEL LHR-BOM LHR-SIN LHR-BKK LHR-HKG LHR-HND
LHR-JNB LHR-NBO LHR-CAI JFK-LAX JFK-MIA SIN-SYD SIN-HND SIN-ICN GRU-EZE CDG-JFK
`
  .trim()
  .split(/\s+/);

const SPECIAL: Readonly<Record<string, string>> = { IA901: 'LHR-MAD', IA902: 'LHR-CDG', IA903: 'LHR-AMS' };

const CRUISE_KM_H = 840;
const TAXI_AND_CLIMB_MINUTES = 35;
const FIRST_DEPARTURE_MINUTE = 6 * 60;
/** Departures spread over the day from 06:00 to 21:55: no clock change falls into it. */
const DEPARTURE_MINUTES = 16 * 60;

function service(flightNumber: string, from: string, to: string, spread: number): Service {
  const [origin, destination] = [airport(from), airport(to)];
  const distance = distanceKm(origin, destination);
  return {
    flightNumber,
    from: origin,
    to: destination,
    distanceKm: Math.round(distance),
    departsAtMinute: FIRST_DEPARTURE_MINUTE + ((spread * 5) % DEPARTURE_MINUTES),
    blockMinutes: roundToFive(TAXI_AND_CLIMB_MINUTES + (distance / CRUISE_KM_H) * 60),
  };
}

const roundToFive = (minutes: number): number => Math.round(minutes / 5) * 5;

/** Every flight number of the airline, in order. The multipliers only spread departures over the day. */
export const SERVICES: ReadonlyMap<string, Service> = new Map(
  [
    ...PAIRS.flatMap((pair, at) => {
      const [there, back] = pair.split('-') as [string, string];
      const outbound = 101 + 2 * at;
      const inbound = outbound === 199 ? 100 : outbound + 1;
      return [service(`IA${outbound}`, there, back, 37 * at + 24), service(`IA${inbound}`, back, there, 37 * at + 91)];
    }),
    ...Object.entries(SPECIAL).map(([flightNumber, pair], at) => {
      const [there, back] = pair.split('-') as [string, string];
      return service(flightNumber, there, back, 53 * at + 60);
    }),
  ]
    .sort((one, other) => (one.flightNumber < other.flightNumber ? -1 : 1))
    .map((one) => [one.flightNumber, one]),
);

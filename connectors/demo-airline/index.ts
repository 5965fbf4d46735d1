import type { CataloguePort, Flight } from '../ports/catalogue.ts';
import { aircraftFor, SPECIAL_LAYOUTS } from './aircraft.ts';
import { ancillariesIn } from './ancillaries.ts';
import { percentOf } from './currencies.ts';
import { faresOf, TYPE_PERCENT } from './fares.ts';
import { localIso, momentOf } from './local-time.ts';
import { type Service, SERVICES } from './schedule.ts';

const DAY_MS = 86_400_000;
/** Dates answered for, in days from today (UTC): yesterday is still today somewhere. */
const FIRST_DAY = -1;
const LAST_DAY = 62;

export interface DemoAirlineOptions {
  /** ms since the epoch, UTC. */
  now?: () => number;
  /** ISO 4217 codes fares are published in; the airline has rates for those of currencies.ts. */
  currencies?: readonly string[];
}

/** The catalogue of an invented airline: every date's flights follow from the date alone, in every process alike. */
export function demoAirline({
  now = Date.now,
  currencies = ['USD', 'EUR', 'GBP', 'JPY'],
}: DemoAirlineOptions = {}): CataloguePort {
  const days = new Map<string, ReadonlyMap<string, Flight>>();
  let offered = { today: Number.NaN, dates: new Set<string>() as ReadonlySet<string> };
  const ancillaries = new Map(ancillariesIn(currencies).map((ancillary) => [ancillary.code, ancillary]));

  function offeredOn(today: number): ReadonlySet<string> {
    if (offered.today !== today) offered = { today, dates: datesOffered(today) };
    return offered.dates;
  }

  function dayOf(date: string): ReadonlyMap<string, Flight> | undefined {
    const dates = offeredOn(Math.floor(now() / DAY_MS));
    if (!dates.has(date)) return undefined;
    let flights = days.get(date);
    if (!flights) {
      for (const other of days.keys()) if (!dates.has(other)) days.delete(other);
      flights = new Map(
        [...SERVICES.values()].map((service) => [service.flightNumber, flightOn(service, date, currencies)]),
      );
      days.set(date, flights);
    }
    return flights;
  }

  return {
    flight: (flightNumber, departureDate) => dayOf(departureDate)?.get(flightNumber),
    flightsOn: (departureDate) => [...(dayOf(departureDate)?.values() ?? [])],
    ancillary: (code) => ancillaries.get(code),
    ancillaries: () => [...ancillaries.values()],
    fare(flight, bookingClass, passengerType, currency) {
      const fares = flight.classes.find((one) => one.bookingClass === bookingClass)?.fares ?? {};
      if (!Object.hasOwn(TYPE_PERCENT, passengerType) || !Object.hasOwn(fares, currency)) return undefined;
      return { amount: percentOf(fares[currency] as number, TYPE_PERCENT[passengerType] as number), currency };
    },
  };
}

/** Dates, YYYY-MM-DD, offered on a day that is counted from 1970-01-01. */
function datesOffered(today: number): ReadonlySet<string> {
  const days = Array.from({ length: LAST_DAY - FIRST_DAY + 1 }, (_, at) => today + FIRST_DAY + at);
  return new Set(days.map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10)));
}

function flightOn(service: Service, date: string, currencies: readonly string[]): Flight {
  const { flightNumber, from, to, blockMinutes } = service;
  const departureTime = momentOf(from.zone, date, service.departsAtMinute);
  const arrivalTime = departureTime + blockMinutes * 60_000;
  const layout = SPECIAL_LAYOUTS[flightNumber] ?? aircraftFor(service.distanceKm).layout;
  return {
    flightNumber,
    departureDate: date,
    origin: from.code,
    destination: to.code,
    departsAt: localIso(from.zone, departureTime),
    arrivesAt: localIso(to.zone, arrivalTime),
    departureTime,
    arrivalTime,
    classes: layout.map((block) => ({ ...block, fares: faresOf(service, block.bookingClass, date, currencies) })),
  };
}

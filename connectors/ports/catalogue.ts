import type { Money } from '../../schemas/types.ts';

export interface FlightClass {
  bookingClass: string;
  cabin: 'first' | 'business' | 'premium' | 'economy';
  capacity: number;
  /** Adult fare, one passenger, by ISO 4217 code. */
  fares: Readonly<Record<string, number>>;
}

export interface Flight {
  flightNumber: string;
  departureDate: string;
  origin: string;
  destination: string;
  /** RFC 3339 with the airport's offset. */
  departsAt: string;
  arrivesAt: string;
  /** ms since the epoch, UTC. */
  departureTime: number;
  arrivalTime: number;
  classes: readonly FlightClass[];
}

export interface Ancillary {
  code: string;
  description: string;
  prices: Readonly<Record<string, number>>;
}

/** What can be sold, and for how much. Synchronous: the catalogue is at hand in every process. */
export interface CataloguePort {
  flight(flightNumber: string, departureDate: string): Flight | undefined;
  flightsOn(departureDate: string): readonly Flight[];
  ancillary(code: string): Ancillary | undefined;
  ancillaries(): readonly Ancillary[];
  /** Fare of one passenger of the given type, minor units; undefined where not sold in the currency. */
  fare(flight: Flight, bookingClass: string, passengerType: string, currency: string): Money | undefined;
}

import { describe, expect, it } from 'vitest';
import { flightSeatsOf, parseEntry, seatsText } from '../../../connectors/redis-inventory/flight-seats.ts';

const request = (flightNumber: string, departureDate: string, bookingClass: string, seats: number) => ({
  flightNumber,
  departureDate,
  bookingClass,
  seats,
  authorized: 9,
});

describe('flight seats', () => {
  it('gather requests by flight-date and class, in the same order whatever order they are asked in', () => {
    const requests = [
      request('IA102', '2099-01-02', 'Y', 1),
      request('IA101', '2099-01-03', 'M', 1),
      request('IA101', '2099-01-02', 'Y', 2),
      request('IA101', '2099-01-02', 'Y', 1),
    ];
    const flights = flightSeatsOf(requests);
    expect(flights.map(({ flightNumber, departureDate }) => `${flightNumber} ${departureDate}`)).toEqual([
      'IA101 2099-01-02',
      'IA101 2099-01-03',
      'IA102 2099-01-02',
    ]);
    expect(flights[0]?.classes).toEqual([{ bookingClass: 'Y', seats: 3, authorized: 9 }]);
    expect(flightSeatsOf(requests.reverse()).map(({ departureDate }) => departureDate)).toEqual([
      '2099-01-02',
      '2099-01-03',
      '2099-01-02',
    ]);
  });

  it('are told in one canonical text, and entries are read back from it', () => {
    const text = seatsText([
      { bookingClass: 'Y', seats: 12 },
      { bookingClass: 'J', seats: 1 },
    ]);
    expect(text).toBe('J=1,Y=12');
    expect(parseEntry(`held 1800000000000 ${text} a1b2`)).toEqual({
      state: 'held',
      expiresAt: 1_800_000_000_000,
      seats: { J: 1, Y: 12 },
    });
    expect(parseEntry('released')).toEqual({ state: 'released' });
    for (const bad of ['', 'held', 'lost 1 Y=1 t', 'held soon Y=1 t']) expect(() => parseEntry(bad)).toThrow();
  });
});

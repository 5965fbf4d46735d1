import { describe, expect, it } from 'vitest';
import { airport, AIRPORTS, distanceKm } from '../../../connectors/demo-airline/airports.ts';
import { percentOf } from '../../../connectors/demo-airline/currencies.ts';
import { demoAirline } from '../../../connectors/demo-airline/index.ts';
import { localIso, momentOf, offsetMinutes } from '../../../connectors/demo-airline/local-time.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');
const airline = demoAirline({ now: () => NOW });
const dates = Array.from({ length: 60 }, (_, day) => new Date(NOW + day * 86_400_000).toISOString().slice(0, 10));

describe('demo airline', () => {
  it('prices the example order at 234 dollars on every date', () => {
    for (const date of dates) {
      const flight = airline.flight('IA101', date)!;
      expect(airline.fare(flight, 'Y', 'ADT', 'USD')).toEqual({ amount: 19_900, currency: 'USD' });
    }
    expect(airline.ancillary('BAG1')?.prices['USD']).toBe(3_500);
  });

  it('flies IA100 to IA199 and the three special flights every day', () => {
    const ordinary = Array.from({ length: 100 }, (_, at) => `IA${100 + at}`);
    for (const date of dates) {
      expect(airline.flightsOn(date).map(({ flightNumber }) => flightNumber)).toEqual([
        ...ordinary,
        'IA901',
        'IA902',
        'IA903',
      ]);
    }
  });

  it('sells several classes on ordinary flights, none on IA902, one seat on IA903', () => {
    for (const flight of airline.flightsOn(dates[30]!)) {
      const { flightNumber, classes } = flight;
      if (flightNumber === 'IA902') expect(classes.every(({ capacity }) => capacity === 0)).toBe(true);
      else if (flightNumber === 'IA903') expect(classes).toMatchObject([{ bookingClass: 'Y', capacity: 1 }]);
      else {
        expect(classes.length).toBeGreaterThan(3);
        for (const { capacity, fares } of classes) {
          expect(capacity).toBeGreaterThan(0);
          for (const fare of Object.values(fares)) expect(Number.isSafeInteger(fare) && fare > 0).toBe(true);
        }
      }
    }
  });

  it('answers from yesterday to 62 days ahead, and nothing for what is no date', () => {
    for (const date of ['2026-11-21', '2026-11-22', '2027-01-23'])
      expect(airline.flight('IA101', date)?.departureDate).toBe(date);
    for (const date of ['2026-11-20', '2027-01-24', '2026-11-31', '2026-12-1', 'tomorrow', '']) {
      expect(airline.flight('IA101', date)).toBeUndefined();
      expect(airline.flightsOn(date)).toEqual([]);
    }
    expect(airline.flight('IA200', '2026-12-24')).toBeUndefined();
  });

  it('moves its window with the clock', () => {
    let now = NOW;
    const moving = demoAirline({ now: () => now });
    expect(moving.flight('IA101', '2026-12-24')).toBeDefined();
    now += 40 * 86_400_000;
    expect(moving.flight('IA101', '2026-12-24')).toBeUndefined();
    expect(moving.flight('IA101', '2027-03-01')).toBeDefined();
  });

  it('is the same in every process, and an answer is the same object each time', () => {
    expect(demoAirline({ now: () => NOW + 3_600_000 }).flightsOn('2026-12-24')).toEqual(
      airline.flightsOn('2026-12-24'),
    );
    expect(airline.flight('IA150', '2026-12-24')).toBe(airline.flight('IA150', '2026-12-24'));
  });

  it('charges children three quarters and infants a tenth, to the minor unit', () => {
    const flight = airline.flight('IA101', '2026-12-24')!;
    const amount = (type: string, currency = 'USD') => airline.fare(flight, 'Y', type, currency)?.amount;
    expect([amount('CHD'), amount('INF')]).toEqual([14_925, 1_990]);
    expect([amount('ADT', 'JPY'), amount('CHD', 'JPY'), amount('INF', 'JPY')]).toEqual([29_900, 22_425, 2_990]);
    expect([percentOf(2, 75), percentOf(5, 10), percentOf(4, 10), percentOf(1, 75)]).toEqual([2, 1, 0, 1]);
  });

  it('has no fare for unknown types, classes and currencies it does not sell in', () => {
    const flight = airline.flight('IA101', '2026-12-24')!;
    expect(airline.fare(flight, 'Y', 'ADT', 'KWD')).toBeUndefined();
    expect(airline.fare(flight, 'Q', 'ADT', 'USD')).toBeUndefined();
    expect(airline.fare(flight, 'Y', 'DOG', 'USD')).toBeUndefined();
    expect(airline.fare(flight, 'Y', 'toString', 'USD')).toBeUndefined();
    expect(airline.fare(flight, 'Y', 'ADT', 'constructor')).toBeUndefined();
  });

  it('sells in other currencies when asked, with their own minor units', () => {
    const gulf = demoAirline({ now: () => NOW, currencies: ['KWD'] });
    expect(gulf.fare(gulf.flight('IA101', '2026-12-24')!, 'Y', 'ADT', 'KWD')).toEqual({
      amount: 61_500,
      currency: 'KWD',
    });
    expect(gulf.ancillary('BAG1')?.prices).toEqual({ KWD: 10_850 });
    expect(() => demoAirline({ currencies: ['XXX'] })).toThrow(/XXX/);
  });

  it('costs more in better classes, further away and in high season', () => {
    const fares = Object.fromEntries(
      airline.flight('IA145', '2026-12-24')!.classes.map(({ bookingClass, fares: all }) => [bookingClass, all['USD']!]),
    );
    expect(['J', 'C', 'W', 'Y', 'B', 'M', 'K'].map((name) => fares[name]!)).toEqual(
      Object.values(fares).sort((a, b) => b - a),
    );
    const usd = (flightNumber: string, date: string) =>
      airline.flight(flightNumber, date)!.classes.find(({ bookingClass }) => bookingClass === 'Y')!.fares['USD']!;
    expect(usd('IA173', '2026-12-02')).toBeGreaterThan(usd('IA145', '2026-12-02'));
    expect(usd('IA145', '2026-12-18')).toBeGreaterThan(usd('IA145', '2027-01-19'));
  });

  it('leaves and arrives at the local times of its airports', () => {
    for (const flight of airline.flightsOn('2026-12-24')) {
      expect(Date.parse(flight.departsAt)).toBe(flight.departureTime);
      expect(Date.parse(flight.arrivesAt)).toBe(flight.arrivalTime);
      expect(flight.departsAt.slice(0, 10)).toBe('2026-12-24');
      expect(flight.arrivalTime - flight.departureTime).toBeGreaterThan(45 * 60_000);
      expect(flight.origin).not.toBe(flight.destination);
    }
    expect(airline.flight('IA171', '2026-12-24')).toMatchObject({
      origin: 'LHR',
      destination: 'BOM',
      arrivesAt: expect.stringContaining('+05:30'),
    });
  });
});

describe('airports', () => {
  it('are some forty, with zones the runtime knows', () => {
    expect(AIRPORTS.size).toBeGreaterThanOrEqual(40);
    for (const { code, zone, country, latitude, longitude } of AIRPORTS.values()) {
      expect(code).toMatch(/^[A-Z]{3}$/);
      expect(country).toMatch(/^[A-Z]{2}$/);
      expect(() => offsetMinutes(zone, NOW)).not.toThrow();
      // Clocks follow the sun, give or take a few hours.
      expect(Math.abs(offsetMinutes(zone, NOW) / 60 - longitude / 15)).toBeLessThan(3);
      expect(Math.abs(latitude)).toBeLessThan(70);
    }
  });

  it('are as far apart as on the globe', () => {
    const km = (from: string, to: string) => distanceKm(airport(from), airport(to));
    expect(km('LHR', 'JFK')).toBeCloseTo(5_540, -2);
    expect(km('SIN', 'SYD')).toBeCloseTo(6_300, -2);
    expect(km('LHR', 'CDG')).toBeCloseTo(347, -1);
    expect(() => airport('ZZZ')).toThrow(/ZZZ/);
  });
});

describe('local time', () => {
  it('follows clock changes', () => {
    expect(localIso('Europe/London', momentOf('Europe/London', '2027-03-27', 480))).toBe('2027-03-27T08:00:00+00:00');
    expect(localIso('Europe/London', momentOf('Europe/London', '2027-03-28', 480))).toBe('2027-03-28T08:00:00+01:00');
    expect(localIso('America/New_York', momentOf('America/New_York', '2026-11-01', 600))).toBe(
      '2026-11-01T10:00:00-05:00',
    );
    expect(localIso('America/New_York', momentOf('America/New_York', '2026-10-31', 600))).toBe(
      '2026-10-31T10:00:00-04:00',
    );
    expect(new Date(momentOf('Asia/Kolkata', '2026-12-24', 0)).toISOString()).toBe('2026-12-23T18:30:00.000Z');
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FlightAvailability } from '../../ingress/availability.ts';
import type { ProblemBody } from '../../ingress/problem.ts';
import { TransientFault } from '../../connectors/ports/transient-fault.ts';
import { jsonOf, openRig, type Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

const search = (query: string): Promise<Response> => rig.request(`/api/v1/inventory/availability?${query}`);
const found = async (query: string): Promise<FlightAvailability[]> =>
  (await jsonOf<{ data: FlightAvailability[] }>(search(query))).data;
const seats = async (query: string): Promise<Record<string, number[]>> =>
  Object.fromEntries(
    (await found(query)).map(({ flightNumber, classes }) => [flightNumber, classes.map(({ available }) => available)]),
  );

describe('GET /api/v1/inventory/availability', () => {
  it('answers the flights of the date with the seats left and the fare of one adult', async () => {
    rig.counts.byFlight.IA101 = { Y: { held: 3, sold: 20 } };
    expect(await found('date=2026-12-24&flightNumber=IA101')).toEqual([
      {
        flightNumber: 'IA101',
        departureDate: '2026-12-24',
        origin: 'LHR',
        destination: 'JFK',
        departsAt: '2026-12-24T09:00:00+00:00',
        arrivesAt: '2026-12-24T12:00:00-05:00',
        classes: [
          { bookingClass: 'Y', cabin: 'economy', available: 82, price: { amount: 20_000, currency: 'USD' } },
          { bookingClass: 'J', cabin: 'business', available: 10, price: { amount: 90_000, currency: 'USD' } },
        ],
      },
    ]);
  });

  it('sells beyond capacity by the overbooking factor, rounded down, and never less than no seat', async () => {
    rig.counts.byFlight.IA102 = { Y: { held: 60, sold: 0 } };
    expect(await seats('date=2026-12-24')).toEqual({ IA101: [105, 10], IA102: [0, 5], IA902: [0, 0] });
  });

  it.each([
    ['origin=LHR', ['IA101', 'IA102', 'IA902']],
    ['destination=CDG', ['IA102']],
    ['origin=LHR&destination=JFK', ['IA101', 'IA902']],
    ['flightNumber=IA102', ['IA102']],
    ['origin=CDG', []],
    ['passengers=1', ['IA101', 'IA102']],
    ['passengers=11', ['IA101', 'IA102']],
    ['passengers=60', ['IA101']],
    ['currency=EUR', ['IA101', 'IA102', 'IA902']],
  ])('?%s finds %j', async (query, flights) => {
    expect((await found(`date=2026-12-24&${query}`)).map(({ flightNumber }) => flightNumber)).toEqual(flights);
  });

  it('leaves out classes with too few seats, or not sold in the currency', async () => {
    expect(await seats('date=2026-12-24&passengers=11')).toEqual({ IA101: [105], IA102: [52] });
    expect((await found('date=2026-12-24&currency=EUR&flightNumber=IA101'))[0]!.classes).toEqual([
      { bookingClass: 'J', cabin: 'business', available: 10, price: { amount: 85_000, currency: 'EUR' } },
    ]);
  });

  it('finds nothing on a date without flights', async () => {
    expect(await found('date=2027-12-24')).toEqual([]);
  });

  it.each([
    ['', '/query/date', 'required'],
    ['date=24.12.2026', '/query/date', 'invalid_format'],
    ['date=2026-02-30', '/query/date', 'invalid_format'],
    ['date=2026-12-24&origin=lhr', '/query/origin', 'invalid_format'],
    ['date=2026-12-24&passengers=0', '/query/passengers', 'too_small'],
    ['date=2026-12-24&passengers=many', '/query/passengers', 'invalid_format'],
    ['date=2026-12-24&seats=2', '/query/seats', 'unknown_field'],
    ['date=2026-12-24&date=2026-12-25', '/query/date', 'invalid_type'],
  ])('refuses ?%s', async (query, pointer, code) => {
    const response = await search(query);
    expect(response.status).toBe(400);
    expect((await jsonOf<ProblemBody>(response)).errors).toEqual([expect.objectContaining({ pointer, code })]);
  });

  it('reads the counts of a date once for all who ask within a second', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, at) => search(`date=2026-12-24&passengers=${(at % 4) + 1}`)));
    expect(rig.counts).toMatchObject({ calls: 1, flights: 3, polls: 1 });
    rig.clock.now += 499;
    await search('date=2026-12-24');
    expect(rig.counts).toMatchObject({ calls: 1, flights: 3, polls: 1 });
  });

  it('reads again what has changed, a second later at the latest', async () => {
    await search('date=2026-12-24');
    rig.counts.byFlight.IA101 = { Y: { held: 0, sold: 105 } };
    rig.counts.changed.push({ flightNumber: 'IA101', departureDate: '2026-12-24' });
    rig.clock.now += 1_000;
    expect(await seats('date=2026-12-24&flightNumber=IA101')).toEqual({ IA101: [0, 10] });
    expect(rig.counts).toMatchObject({ calls: 2, flights: 4, polls: 2 });
  });

  it('answers with an entity tag that stands until a seat count of the answer changes', async () => {
    const first = await search('date=2026-12-24&flightNumber=IA101');
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    const ask = () =>
      rig.request('/api/v1/inventory/availability?date=2026-12-24&flightNumber=IA101', { headers: { 'if-none-match': tag } });
    const unchanged = await ask();
    expect([unchanged.status, await unchanged.text(), unchanged.headers.get('etag')]).toEqual([304, '', tag]);
    rig.counts.byFlight.IA102 = { Y: { held: 9, sold: 9 } };
    rig.counts.byFlight.IA101 = { Y: { held: 1, sold: 0 } };
    rig.counts.changed.push({ flightNumber: 'IA102', departureDate: '2026-12-24' });
    rig.clock.now += 1_000;
    expect((await ask()).status).toBe(304);
    rig.counts.changed.push({ flightNumber: 'IA101', departureDate: '2026-12-24' });
    rig.clock.now += 1_000;
    const changed = await ask();
    expect([changed.status, changed.headers.get('etag') === tag]).toEqual([200, false]);
  });

  it('keeps no failure: 503 while the counts are away, an answer right after', async () => {
    rig.faults.counts = new TransientFault('STATELOST');
    const response = await search('date=2026-12-24');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    rig.faults.counts = null;
    expect((await search('date=2026-12-24')).status).toBe(200);
  });

  it('answers other questions than the many it has answers for', async () => {
    for (let at = 0; at < 2_100; at += 100) {
      await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          search(`date=2026-12-24&flightNumber=IA${at + i}`).then((response) => response.text()),
        ),
      );
    }
    expect(await seats('date=2026-12-24&flightNumber=IA101')).toEqual({ IA101: [105, 10] });
  });
});

describe('GET /api/v1/inventory/status', () => {
  it('answers seats by flight and class, their sum and the rules of sale', async () => {
    rig.counts.byFlight.IA101 = { Y: { held: 3, sold: 20 } };
    const body = await jsonOf<{ data: { flightNumber: string; classes: unknown[] }[] }>(
      rig.request('/api/v1/inventory/status?date=2026-12-24'),
    );
    expect(body).toMatchObject({
      date: '2026-12-24',
      allocation: 'first_come_first_served',
      overbookingFactor: 1.05,
      inventorySyncMs: 10_000,
      totals: { authorized: 172, held: 3, sold: 20, available: 149 },
    });
    expect(body.data[0]).toEqual({
      flightNumber: 'IA101',
      departureDate: '2026-12-24',
      classes: [
        { bookingClass: 'Y', capacity: 100, authorized: 105, held: 3, sold: 20, available: 82 },
        { bookingClass: 'J', capacity: 10, authorized: 10, held: 0, sold: 0, available: 10 },
      ],
    });
  });

  it('means today unless told', async () => {
    expect(await jsonOf(rig.request('/api/v1/inventory/status'))).toMatchObject({
      date: '2026-11-22',
      data: [],
      totals: { available: 0 },
    });
  });

  it('is not served for holds yet', async () => {
    const response = await rig.request('/api/v1/inventory/hold', { method: 'POST' });
    expect(response.status).toBe(404);
    expect(await jsonOf<ProblemBody>(response)).toMatchObject({ code: 'not_found' });
  });
});

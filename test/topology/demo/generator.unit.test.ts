import { describe, expect, it } from 'vitest';
import { demoAirline } from '../../../connectors/demo-airline/index.ts';
import { crossFaults, OrderBody } from '../../../ingress/order-body.ts';
import { yearsBetween } from '../../../processors/orders/calendar.ts';
import { passengerTypeAt } from '../../../processors/orders/passengers.ts';
import { generateOrders, type GeneratorOptions, type PlannedOrder } from '../../../topology/demo/generator.ts';

const TODAY = new Date('2026-11-22T10:00:00Z');
const catalogue = demoAirline({ now: () => TODAY.getTime() });

function plan(count: number, options: Partial<GeneratorOptions> = {}): PlannedOrder[] {
  const orders = generateOrders({ seed: 7, catalogue, today: TODAY, ...options });
  return Array.from({ length: count }, () => orders.next().value);
}

const orders = plan(1_500);

describe('generated orders', () => {
  it('are bodies the HTTP interface takes', () => {
    for (const { body } of orders) {
      expect(OrderBody.safeParse(body).error).toBeUndefined();
      expect(crossFaults(body, { currencies: ['USD', 'EUR', 'GBP', 'JPY'], today: '2026-11-22' })).toEqual([]);
    }
  });

  it('are the same for the same seed, and share nothing otherwise', () => {
    expect(plan(20)).toEqual(orders.slice(0, 20));
    const other = plan(20, { seed: 8 });
    const idOf = ({ body }: PlannedOrder) => [body.customer.customerId, body.payment.token];
    const ids = [...orders, ...other].flatMap(idOf);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('name passengers whose age fits their type at first departure', () => {
    for (const { body } of orders) {
      const first = body.items
        .flatMap((item) => (item.type === 'flight' ? [item.departureDate] : []))
        .sort()[0] as string;
      for (const { type, dateOfBirth } of body.passengers) {
        expect(passengerTypeAt(yearsBetween(dateOfBirth, first))).toBe(type);
        expect(dateOfBirth < '2026-11-22').toBe(true);
      }
      const count = (type: string): number => body.passengers.filter((passenger) => passenger.type === type).length;
      expect(count('ADT')).toBeGreaterThan(0);
      expect(count('INF')).toBeLessThanOrEqual(count('ADT'));
    }
  });

  it('book journeys that can be flown, on ordinary flights the airline sells', () => {
    for (const { body } of orders) {
      const flights = body.items.flatMap((item) =>
        item.type === 'flight' ? [catalogue.flight(item.flightNumber, item.departureDate)] : [],
      );
      for (const [at, flight] of flights.entries()) {
        expect(flight?.flightNumber).toMatch(/^IA1\d\d$/);
        expect(flight!.departureTime).toBeGreaterThan(TODAY.getTime() + 86_400_000);
        if (at > 0) expect(flight!.departureTime).toBeGreaterThan(flights[at - 1]!.arrivalTime);
      }
    }
  });

  it('vary: returns and single trips, groups, channels, currencies, extras', () => {
    const flightsOf = ({ body }: PlannedOrder) => body.items.filter(({ type }) => type === 'flight').length;
    const share = (matches: (order: PlannedOrder) => boolean) => orders.filter(matches).length / orders.length;
    expect(share((order) => flightsOf(order) === 2)).toBeGreaterThan(0.4);
    expect(share((order) => flightsOf(order) === 1)).toBeGreaterThan(0.2);
    expect(share(({ body }) => body.passengers.length > 1)).toBeGreaterThan(0.3);
    expect(new Set(orders.map(({ body }) => body.channel)).size).toBe(6);
    expect(new Set(orders.map(({ body }) => body.currency))).toEqual(new Set(['USD', 'EUR', 'GBP', 'JPY']));
    expect(share(({ body }) => body.items.some(({ type }) => type === 'ancillary'))).toBeGreaterThan(0.4);
  });

  it('are declined and cancelled about as often as asked', () => {
    const declined = orders.filter(({ body }) =>
      /^tok_(declined|insufficient|expired)/.test(body.payment.token),
    ).length;
    expect(declined / orders.length).toBeGreaterThan(0.015);
    expect(declined / orders.length).toBeLessThan(0.05);
    expect(plan(200, { cancelPercent: 0 }).every(({ cancelAfterMs }) => cancelAfterMs === null)).toBe(true);
    expect(
      plan(200, { cancelPercent: 100 }).every(({ cancelAfterMs }) => cancelAfterMs !== null && cancelAfterMs >= 0),
    ).toBe(true);
    expect(
      plan(200, { challengePercent: 100, declinePercent: 0 }).every(({ body }) =>
        body.payment.token.startsWith('tok_3ds_'),
      ),
    ).toBe(true);
  });
});

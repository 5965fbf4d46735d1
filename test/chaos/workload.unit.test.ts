import { expect, test } from 'vitest';
import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { OrderBody } from '../../ingress/order-body.ts';
import { type Planned, type PlannedOrder, POISONS, workload } from './workload.ts';

const today = new Date('2026-03-02T10:00:00Z');
const catalogue = demoAirline({ now: () => today.getTime() });

function planned(seed: number, count: number): Planned[] {
  const plan = workload({ seed, catalogue, today });
  return Array.from({ length: count }, () => plan.next().value);
}

const orders = (seed: number, count: number): PlannedOrder[] => planned(seed, count).filter((each) => each.kind === 'order');

test('the same seed gives the same workload, another seed another', () => {
  expect(planned(7, 50)).toEqual(planned(7, 50));
  const ids = new Set(planned(7, 50).map(({ orderId }) => orderId));
  expect(planned(8, 50).filter(({ orderId }) => ids.has(orderId))).toEqual([]);
});

test('no two orders share an id', () => {
  const all = planned(1, 2_000);
  expect(new Set(all.map(({ orderId }) => orderId)).size).toBe(all.length);
});

test('every body passes the checks of the API', () => {
  expect(orders(2, 500).flatMap(({ body }) => OrderBody.safeParse(body).error?.issues ?? [])).toEqual([]);
});

test('everything that workload W is made of occurs, about as often as it should', () => {
  const all = planned(3, 5_000);
  const placed = all.filter((each) => each.kind === 'order');
  const share = (holds: (order: PlannedOrder) => boolean): number => (100 * placed.filter(holds).length) / placed.length;
  expect(new Set(all.flatMap((each) => (each.kind === 'poison' ? [each.poison] : [])))).toEqual(new Set(POISONS));
  expect(share(({ repeat }) => repeat !== 'none')).toBeGreaterThan(8);
  expect(share(({ repeat }) => repeat === 'changed')).toBeGreaterThan(3);
  expect(share(({ cancel }) => typeof cancel === 'number')).toBeGreaterThan(4);
  expect(share(({ cancel }) => cancel === 'before')).toBeGreaterThan(0.5);
  expect(share(({ via }) => via === 'kafka')).toBeGreaterThan(30);
  expect(share(({ via }) => via === 'kafka')).toBeLessThan(50);
  for (const token of ['tok_timeout', 'tok_flaky', 'tok_3ds', 'tok_fraud', 'tok_declined']) expect(share(({ body }) => body.payment.token.startsWith(token)), token).toBeGreaterThan(0.4);
  for (const challenge of ['authenticated', 'failed', 'ignored'] as const) expect(share((order) => order.challenge === challenge), challenge).toBeGreaterThan(0.4);
  for (const flight of ['IA901', 'IA902', 'IA903']) expect(share(({ body }) => body.items.some(({ flightNumber }) => flightNumber === flight)), flight).toBeGreaterThan(0.4);
});

test('more seats are asked for than some cabins have', () => {
  const asked = new Map<string, number>();
  for (const { body } of orders(4, 2_000)) {
    for (const item of body.items) {
      if (item.type !== 'flight') continue;
      const key = `${item.flightNumber}/${item.departureDate}/${item.bookingClass}`;
      asked.set(key, (asked.get(key) ?? 0) + item.passengerIds.length);
    }
  }
  const soldOut = [...asked].filter(([key, seats]) => {
    const [flightNumber = '', date = '', bookingClass] = key.split('/');
    const capacity = catalogue.flight(flightNumber, date)?.classes.find((each) => each.bookingClass === bookingClass)?.capacity ?? 0;
    return seats > capacity;
  });
  expect(soldOut.length).toBeGreaterThan(5);
});

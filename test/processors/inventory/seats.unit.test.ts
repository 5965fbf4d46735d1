import { expect, test } from 'vitest';
import { authorizedSeats, seatsOf } from '../../../processors/inventory/seats.ts';
import { bag, catalogue, flightItem, order, passenger, settings } from '../given.ts';

test.each([
  [100, 1.05, 105],
  [10, 1.05, 10],
  [1, 1.05, 1],
  [0, 1.05, 0],
  [100, 1, 100],
  [100, 1.1, 110],
  [30, 1.1, 33],
  [19, 1.05, 19],
])('%i seats at factor %d: %i may be sold', (capacity, factor, expected) => {
  expect(authorizedSeats(capacity, factor)).toBe(expected);
});

test('one seat for each passenger but infants, added up by flight, date and class', () => {
  const passengers = [passenger('A'), passenger('B'), passenger('C', 'CHD'), passenger('I', 'INF')];
  const items = [
    flightItem('IA102', '2026-12-30', ['A', 'I']),
    flightItem('IA101', '2026-12-24', ['A', 'I']),
    flightItem('IA101', '2026-12-24', ['C']),
    flightItem('IA101', '2026-12-24', ['B'], 'J'),
    bag('IA101', '2026-12-24', ['A', 'B', 'C']),
  ];
  expect(seatsOf(order({ passengers, items }), catalogue, settings)).toEqual([
    { flightNumber: 'IA101', departureDate: '2026-12-24', bookingClass: 'J', seats: 1, authorized: 10 },
    { flightNumber: 'IA101', departureDate: '2026-12-24', bookingClass: 'Y', seats: 2, authorized: 105 },
    { flightNumber: 'IA102', departureDate: '2026-12-30', bookingClass: 'Y', seats: 1, authorized: 105 },
  ]);
});

test('nothing may be sold on a flight the catalogue no longer has', () => {
  const seats = seatsOf(order({ items: [flightItem('IA999', '2026-12-24')] }), catalogue, settings);
  expect(seats).toEqual([
    { flightNumber: 'IA999', departureDate: '2026-12-24', bookingClass: 'Y', seats: 1, authorized: 0 },
  ]);
});

test('an item for infants alone takes no seat', () => {
  const passengers = [passenger('A'), passenger('I', 'INF')];
  const items = [flightItem('IA101', '2026-12-24', ['A']), flightItem('IA101', '2026-12-24', ['I'], 'J')];
  expect(seatsOf(order({ passengers, items }), catalogue, settings).map(({ bookingClass }) => bookingClass)).toEqual([
    'Y',
  ]);
});

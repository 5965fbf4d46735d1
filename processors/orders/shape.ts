import type { Fault, Order } from '../../schemas/types.ts';
import { fault } from './faults.ts';
import { MOST_PASSENGERS } from './passengers.ts';

export const MOST_ITEMS = 60;
const LONGEST_ID = 64;

/** Whether the order is of a size worth looking into; an order that is not is refused for its size alone. */
export function checkSize(order: Order): Fault[] {
  const { length: passengers } = order.passengers;
  const { length: items } = order.items;
  return [
    ...(passengers <= MOST_PASSENGERS
      ? []
      : [fault('passenger_count', '/passengers', `${passengers} passengers; 1 to ${MOST_PASSENGERS} are allowed`)]),
    ...(items <= MOST_ITEMS
      ? []
      : [fault('too_many_items', '/items', `${items} items; at most ${MOST_ITEMS} are allowed`)]),
    ...order.items
      .slice(0, MOST_ITEMS)
      .flatMap(({ passengerIds }, index) =>
        passengerIds.length <= MOST_PASSENGERS
          ? []
          : [fault('passenger_count', `/items/${index}/passengerIds`, `at most ${MOST_PASSENGERS} passengers an item`)],
      ),
  ];
}

/** Ids and the references between items and passengers. */
export function checkReferences(order: Order): Fault[] {
  const passengers = new Set(order.passengers.map((passenger) => passenger.passengerId));
  return [
    ...(passengers.size > 0 ? [] : [fault('passenger_count', '/passengers', 'an order is for at least one passenger')]),
    ...(order.items.some((item) => item.type === 'flight') ? [] : [fault('no_flight', '/items')]),
    ...checkIds(
      order.passengers.map((passenger) => passenger.passengerId),
      (index) => `/passengers/${index}/passengerId`,
    ),
    ...checkIds(
      order.items.map((item) => item.itemId),
      (index) => `/items/${index}/itemId`,
    ),
    ...checkIds([order.customer.customerId], () => '/customer/customerId'),
    ...order.items.flatMap((item, index) =>
      checkPassengersOf(item.passengerIds, passengers, `/items/${index}/passengerIds`),
    ),
  ];
}

function checkIds(ids: readonly string[], pointer: (index: number) => string): Fault[] {
  return ids.flatMap((id, index) => {
    if (id === '' || id.length > LONGEST_ID) return [fault('bad_id', pointer(index))];
    return ids.indexOf(id) < index ? [fault('bad_id', pointer(index), 'used twice')] : [];
  });
}

function checkPassengersOf(ids: readonly string[], known: ReadonlySet<string>, at: string): Fault[] {
  if (ids.length === 0) return [fault('missing_field', at, 'an item is for at least one passenger')];
  return ids.flatMap((id, index) => [
    ...(known.has(id) ? [] : [fault('unknown_passenger', `${at}/${index}`)]),
    ...(ids.indexOf(id) < index ? [fault('duplicate_passenger', `${at}/${index}`)] : []),
  ]);
}

import type { CataloguePort } from '../../connectors/ports/catalogue.ts';
import type { Fault, Money, Order, OrderItem } from '../../schemas/types.ts';
import { isDate } from './calendar.ts';
import { fault } from './faults.ts';

/** The items with their prices and the sum of them; `total` is null where any item could not be priced. */
export interface Quote {
  items: OrderItem[];
  total: Money | null;
  faults: Fault[];
}

/** Prices every item for all its passengers, in minor units of the order's currency. */
export function priceOrder(order: Order, catalogue: CataloguePort): Quote {
  const amounts = order.items.map((item) => itemAmount(item, order, catalogue));
  const faults = amounts.flatMap((amount, index) =>
    amount === 'not_sold_in_currency' ? [fault('not_sold_in_currency', `/items/${index}`)] : [],
  );
  const priced = amounts.filter((amount) => typeof amount === 'number');
  const complete = priced.length === amounts.length && amounts.length > 0;
  return {
    items: order.items.map((item, index) => ({ ...item, amount: numberOrNull(amounts[index]) })),
    total: complete ? { amount: priced.reduce((sum, amount) => sum + amount, 0), currency: order.currency } : null,
    faults,
  };
}

/** What the channel was told the order costs, against what it does cost. */
export function checkExpectedTotal(order: Order, total: Money | null): Fault[] {
  const expected = order.expectedTotal;
  if (!expected) return [];
  if (expected.currency !== order.currency) return [fault('expected_currency_mismatch', '/expectedTotal/currency')];
  if (!total || expected.amount === total.amount) return [];
  const detail = `expected ${expected.amount} ${expected.currency}, now ${total.amount} ${total.currency} (minor units)`;
  return [fault('price_changed', '/expectedTotal', detail)];
}

/** null: other checks have already said what is wrong with the item. */
function itemAmount(item: OrderItem, order: Order, catalogue: CataloguePort): number | 'not_sold_in_currency' | null {
  const prices = item.type === 'flight' ? fares(item, order, catalogue) : ancillaryPrices(item, order, catalogue);
  if (!prices) return null;
  return prices.reduce<number | 'not_sold_in_currency'>(
    (sum, price) => (sum === 'not_sold_in_currency' || price === undefined ? 'not_sold_in_currency' : sum + price),
    0,
  );
}

function fares(item: OrderItem, order: Order, catalogue: CataloguePort): (number | undefined)[] | null {
  const { flightNumber, departureDate, bookingClass } = item;
  if (flightNumber === null || departureDate === null || bookingClass === null || !isDate(departureDate)) return null;
  const flight = catalogue.flight(flightNumber, departureDate);
  if (!flight?.classes.some((one) => one.bookingClass === bookingClass)) return null;
  const types = new Map(order.passengers.map((passenger) => [passenger.passengerId, passenger.type]));
  const travelling = item.passengerIds.map((id) => types.get(id));
  if (travelling.includes(undefined)) return null;
  return travelling.map((type) => catalogue.fare(flight, bookingClass, type as string, order.currency)?.amount);
}

function ancillaryPrices(item: OrderItem, order: Order, catalogue: CataloguePort): (number | undefined)[] | null {
  const ancillary = item.code === null ? undefined : catalogue.ancillary(item.code);
  if (!ancillary) return null;
  const price = Object.hasOwn(ancillary.prices, order.currency) ? ancillary.prices[order.currency] : undefined;
  return item.passengerIds.map(() => price);
}

const numberOrNull = (amount: unknown): number | null => (typeof amount === 'number' ? amount : null);

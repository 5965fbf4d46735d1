import type { Ancillary } from '../ports/catalogue.ts';
import { currency, fromUsd } from './currencies.ts';

/** Code, price in USD, description. */
const TABLE: readonly (readonly [string, number, string])[] = [
  ['BAG1', 35, 'First checked bag, 23 kg'],
  ['BAG2', 55, 'Second checked bag, 23 kg'],
  ['SEAT', 15, 'Seat of choice'],
  ['MEAL', 12, 'Hot meal'],
  ['LOUNGE', 45, 'Lounge before departure'],
  ['FAST', 9, 'Fast track through security'],
  ['PET', 75, 'Pet in the cabin, up to 8 kg'],
  ['INSR', 24, 'Travel insurance'],
];

/** What is sold besides flights, with prices for one passenger in minor units by currency code. */
export function ancillariesIn(currencies: readonly string[]): readonly Ancillary[] {
  return TABLE.map(([code, usd, description]) => ({
    code,
    description,
    prices: Object.fromEntries(
      currencies.map((name) => [name, fromUsd(usd, currency(name), currency(name).fareStep / 10)]),
    ),
  }));
}

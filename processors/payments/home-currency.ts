import type { Money } from '../../schemas/types.ts';

const EURO_REGIONS = [
  'AT',
  'BE',
  'CY',
  'DE',
  'EE',
  'ES',
  'FI',
  'FR',
  'GR',
  'HR',
  'IE',
  'IT',
  'LT',
  'LU',
  'LV',
  'MT',
  'NL',
  'PT',
  'SI',
  'SK',
];

const HOME_CURRENCY: Readonly<Record<string, string>> = {
  ...Object.fromEntries(EURO_REGIONS.map((region) => [region, 'EUR'])),
  AE: 'AED',
  AU: 'AUD',
  BR: 'BRL',
  CA: 'CAD',
  CH: 'CHF',
  CN: 'CNY',
  GB: 'GBP',
  IN: 'INR',
  JP: 'JPY',
  KR: 'KRW',
  KW: 'KWD',
  MX: 'MXN',
  NZ: 'NZD',
  SG: 'SGD',
  US: 'USD',
  ZA: 'ZAR',
};

/** US cents to one minor unit, roughly: to tell large orders from small ones, and for nothing else. */
const ROUGH_USD_CENTS: Readonly<Record<string, number>> = {
  USD: 1,
  EUR: 1.1,
  GBP: 1.3,
  CHF: 1.1,
  CAD: 0.73,
  AUD: 0.66,
  SGD: 0.75,
  NZD: 0.6,
  AED: 0.27,
  CNY: 0.14,
  BRL: 0.19,
  MXN: 0.055,
  ZAR: 0.055,
  INR: 0.012,
  JPY: 0.67,
  KRW: 0.073,
  KWD: 0.33,
};

/** Currency of the region a BCP 47 locale names; null where it names none, or one we do not know. */
export function homeCurrencyOf(locale: string): string | null {
  const region = /^[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?[-_]([A-Za-z]{2})(?:$|[-_])/.exec(locale)?.[1]?.toUpperCase();
  return region !== undefined && Object.hasOwn(HOME_CURRENCY, region) ? (HOME_CURRENCY[region] ?? null) : null;
}

/** The amount in US cents, roughly; 0 where there is none. A currency we do not know counts as dollars. */
export function roughUsdCents(money: Money | null): number {
  if (!money) return 0;
  const rate = Object.hasOwn(ROUGH_USD_CENTS, money.currency) ? ROUGH_USD_CENTS[money.currency] : undefined;
  return money.amount * (rate ?? 1);
}

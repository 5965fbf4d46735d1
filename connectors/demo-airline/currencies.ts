export interface Currency {
  /** Units to the US dollar, as the airline publishes them. */
  perUsd: number;
  /** Decimal digits of the minor unit (ISO 4217). */
  digits: number;
  /** Published fares are multiples of this many minor units; ancillaries of a tenth of it. */
  fareStep: number;
}

/** Every currency the airline can sell in. Which ones it does sell in is a choice of whoever opens it. */
export const CURRENCIES: Readonly<Record<string, Currency>> = {
  USD: { perUsd: 1, digits: 2, fareStep: 100 },
  EUR: { perUsd: 0.92, digits: 2, fareStep: 100 },
  GBP: { perUsd: 0.79, digits: 2, fareStep: 100 },
  JPY: { perUsd: 150, digits: 0, fareStep: 100 },
  AED: { perUsd: 3.67, digits: 2, fareStep: 500 },
  AUD: { perUsd: 1.52, digits: 2, fareStep: 100 },
  CAD: { perUsd: 1.37, digits: 2, fareStep: 100 },
  CHF: { perUsd: 0.88, digits: 2, fareStep: 100 },
  INR: { perUsd: 83, digits: 2, fareStep: 10_000 },
  KWD: { perUsd: 0.31, digits: 3, fareStep: 500 },
  SGD: { perUsd: 1.34, digits: 2, fareStep: 100 },
};

export function currency(code: string): Currency {
  if (!Object.hasOwn(CURRENCIES, code)) throw new Error(`the demo airline has no rate for currency ${code}`);
  return CURRENCIES[code] as Currency;
}

/** Minor units of a currency for an amount in US dollars, rounded half up to a multiple of `step`. */
export function fromUsd(usd: number, { perUsd, digits }: Currency, step: number): number {
  // The tenth digit absorbs what binary fractions do to a half.
  const minor = Number((usd * perUsd * 10 ** digits).toPrecision(10));
  return Math.floor(minor / step + 0.5) * step;
}

/** A share of an amount in per cent, rounded half up to whole minor units. */
export function percentOf(amount: number, percent: number): number {
  return Math.floor((amount * percent + 50) / 100);
}

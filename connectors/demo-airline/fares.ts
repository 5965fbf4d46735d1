import { currency, fromUsd } from './currencies.ts';
import type { Service } from './schedule.ts';

/** Fare of a class as a share of the full economy fare. */
const CLASS_FACTOR: Readonly<Record<string, number>> = { J: 4.2, C: 3.4, W: 1.8, Y: 1, B: 0.84, M: 0.69, K: 0.55 };

/** Share of the adult fare by IATA passenger type, per cent. */
export const TYPE_PERCENT: Readonly<Record<string, number>> = { ADT: 100, CHD: 75, INF: 10 };

/** Full economy fares in USD that are the same on every day. */
const FIXED_USD: Readonly<Record<string, number>> = { IA101: 199 };

const BY_MONTH = [0.94, 0.92, 0.98, 1.02, 1, 1.06, 1.14, 1.14, 1, 0.98, 0.92, 1.12] as const;
/** Sunday first. */
const BY_WEEKDAY = [1.08, 0.98, 0.95, 0.95, 1, 1.08, 1] as const;

/** Adult fares of a class on a date (YYYY-MM-DD), minor units by currency code. */
export function faresOf(
  service: Service,
  bookingClass: string,
  date: string,
  currencies: readonly string[],
): Record<string, number> {
  const usd = economyUsd(service, date) * (CLASS_FACTOR[bookingClass] ?? 1);
  return Object.fromEntries(currencies.map((code) => [code, fromUsd(usd, currency(code), currency(code).fareStep)]));
}

function economyUsd({ flightNumber, distanceKm }: Service, date: string): number {
  const fixed = FIXED_USD[flightNumber];
  if (fixed !== undefined) return fixed;
  const day = new Date(date);
  const base = 55 + 0.125 * Math.min(distanceKm, 2_000) + 0.065 * Math.max(0, distanceKm - 2_000);
  return base * (BY_MONTH[day.getUTCMonth()] ?? 1) * (BY_WEEKDAY[day.getUTCDay()] ?? 1);
}

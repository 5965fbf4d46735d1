import { BadInput } from './bad-input.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The time meant by `30m`, `2h`, `7d` (so long before `now`) or by an ISO date, ms; 0 where nothing is given. Throws BadInput. */
export function sinceOf(text: string | undefined, now: number): number {
  if (text === undefined) return 0;
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count && unit) return now - Number(count) * (UNITS[unit] as number);
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new BadInput(`${text} is no time: give 30m, 2h, 7d or a date like 2026-12-24 or 2026-12-24T09:00:00Z`);
  return time;
}

/** Some runs of one measurement. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Middle, least and greatest of some runs. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** As tables show it: `547 (531 to 560)`. */
export function told({ median, min, max }: Spread): string {
  return min === max ? figure(median) : `${figure(median)} (${figure(min)} to ${figure(max)})`;
}

/** Whole from 20 on, with thousands apart; two digits that count below. */
export function figure(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 20) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(2)));
}

import type { Random } from '../../topology/demo/random.ts';

/** All of them in an order that the seed gives. */
export const shuffled = <T>(values: readonly T[], random: Random): T[] =>
  values.map((value) => ({ value, at: random.next() })).sort((one, other) => one.at - other.at).map(({ value }) => value);

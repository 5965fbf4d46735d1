import { setTimeout as sleep } from 'node:timers/promises';

/** How evenly a machine works while it has nothing else to do. Other machines on the same host show here, and in whatever is measured. */
export interface Evenness {
  /** ms that a fixed piece of work takes. */
  usualMs: number;
  /** Of a hundred tries, five take at least so many times as long as usual, and one. */
  slowest5: number;
  slowest1: number;
}

const TRIES = 3_000;
const WARM_UP_TRIES = 500;
const STEPS = 20_000;
/** Larger than a processor's own cache of the second level as a rule. */
const PLACES = 2 ** 21;
const STRIDE = 7_919;

/** Does the same small piece of work over and over, with pauses of a millisecond: about five seconds. */
export async function measureEvenness(): Promise<Evenness> {
  const chain = Int32Array.from({ length: PLACES }, (_, at) => (at * STRIDE + 13) % PLACES);
  const took = new Float64Array(TRIES);
  for (let trial = -WARM_UP_TRIES; trial < TRIES; trial += 1) {
    await sleep(1);
    const begun = performance.now();
    work(chain);
    if (trial >= 0) took[trial] = performance.now() - begun;
  }
  took.sort();
  const at = (share: number): number => took[Math.floor(TRIES * share)] as number;
  const usual = at(0.5);
  return { usualMs: round(usual), slowest5: round(at(0.95) / usual), slowest1: round(at(0.99) / usual) };
}

/** Reads from place to place, and computes a little. */
function work(chain: Int32Array): number {
  let [place, sum] = [0, 0];
  for (let step = 0; step < STEPS; step += 1) {
    place = chain[place] as number;
    sum = (Math.imul(sum, 31) + place) | 0;
  }
  return sum;
}

const round = (value: number): number => Number(value.toPrecision(2));

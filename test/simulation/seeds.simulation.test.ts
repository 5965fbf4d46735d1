import { expect, test } from 'vitest';
import { missing } from './required-coverage.ts';
import { inWorker, inWorkers } from './workers.ts';

const SEEDS = 2_000;

test('nothing is lost and nothing happens twice, whatever fails', async () => {
  const { broken, coverage, seeds } = await inWorkers({ from: 1, seeds: SEEDS, untilBroken: false, mutant: null }, 2);
  expect(broken.map(({ seed, violation }) => `npm run simulate -- --seed ${seed}: ${violation}`)).toEqual([]);
  expect(seeds).toBe(SEEDS);
  expect(missing(coverage)).toEqual([]);
});

/** Seeds that once showed a bug, by what it was. What a seed does changes with the product and the simulation: the mutants keep watch for good. */
const ONCE_BROKEN: [string, number][] = [
  ['a command that was written twice', 137],
  ['a plain commit that overtook a transaction', 200],
  ['a store emptied while all orders wait', 241],
  ['tickets of a run whose results were lost', 164],
  ['a plain commit that failed', 245],
  ['an offset that was committed long ago, taken for one that was not', 1_703],
  ['a cancelled order whose lost run had charged', 990],
  ['money of an order cancelled before it was received', 1_139],
];

test.each(ONCE_BROKEN)('%s', async (_, seed) => {
  const { broken } = await inWorker({ from: seed, seeds: 1, untilBroken: false, mutant: null });
  expect(broken).toEqual([]);
});

test('a run follows from its seed alone', async () => {
  const task = { from: 11, seeds: 20, untilBroken: false, mutant: null };
  const [once, again] = [await inWorker(task), await inWorker(task)];
  expect(once.hashes).toHaveLength(20);
  expect(new Set(once.hashes).size).toBe(20);
  expect(again.hashes).toEqual(once.hashes);
});

test('and not from the seeds that the same process ran before it', async () => {
  const task = { untilBroken: false, mutant: null };
  const among = await inWorker({ ...task, from: 11, seeds: 8 });
  const alone = await inWorker({ ...task, from: 18, seeds: 1 });
  expect(among.hashes.at(-1)).toBe(alone.hashes[0]);
});

import { MUTANTS, SEEDS_A_MUTANT } from './mutants.ts';
import type { WorkerTask } from './worker.ts';

export const SEEDS = 2_000;
const SEEDS_A_PART = 500;

export interface Planned {
  /** Names its result. */
  name: string;
  task: WorkerTask;
}

const CLEAN = { untilBroken: false, mutant: null };

/** All seeds, in parts of which each is a process's work. */
export const SEED_PARTS: readonly Planned[] = Array.from({ length: SEEDS / SEEDS_A_PART }, (_, part) => ({
  name: `seeds-${part}`, task: { ...CLEAN, from: 1 + part * SEEDS_A_PART, seeds: SEEDS_A_PART },
}));

/** Some of them once more, and one alone in its process. */
export const AGAIN: Planned = { name: 'again', task: { ...CLEAN, from: 11, seeds: 20 } };
export const ALONE: Planned = { name: 'alone', task: { ...CLEAN, from: 18, seeds: 1 } };

export const plannedMutant = (mutant: string): Planned => ({
  name: `mutant-${mutant}`, task: { from: 1, seeds: SEEDS_A_MUTANT, untilBroken: true, mutant },
});

/** Everything that the tests ask for, in the order in which it is worked off. */
export const PLAN: readonly Planned[] = [...SEED_PARTS, AGAIN, ALONE, ...MUTANTS.map(({ name }) => plannedMutant(name))];

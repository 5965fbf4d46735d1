import { MUTANTS, SEEDS_A_MUTANT, type Mutant } from './mutants.ts';
import { inWorker } from './workers.ts';

export interface Catch {
  mutant: Mutant;
  /** First seed that caught it, and how; null where none did. */
  caught: { seed: number; violation: string } | null;
}

/** Runs every mutant until it is caught, so many at once. */
export async function catchAll(atOnce: number): Promise<Catch[]> {
  const catches: Catch[] = [];
  const waiting = MUTANTS.values();
  const take = async (): Promise<void> => {
    for (const mutant of waiting) {
      const { broken } = await inWorker({ from: 1, seeds: SEEDS_A_MUTANT, untilBroken: true, mutant: mutant.name });
      catches.push({ mutant, caught: broken[0] ?? null });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, take));
  return MUTANTS.flatMap((mutant) => catches.filter((each) => each.mutant === mutant));
}

/** Prints the table for docs/simulation.md; false where a mutant was not caught. */
export async function mutantTable(atOnce: number): Promise<boolean> {
  const catches = await catchAll(atOnce);
  console.log('| Mutant | What it breaks | Caught by seed | Invariant |\n| --- | --- | --- | --- |');
  for (const { mutant, caught } of catches) {
    console.log(`| \`${mutant.name}\` | ${mutant.what} | ${caught?.seed ?? 'NOT CAUGHT'} | ${caught?.violation.split(':')[0] ?? ''} |`);
  }
  return catches.every(({ caught }) => caught !== null);
}

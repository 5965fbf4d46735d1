import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { MUTANTS, SEEDS_A_MUTANT } from './mutants.ts';
import { plannedMutant } from './plan.ts';
import { mutated } from './plant.ts';
import { readResult } from './results.ts';

const root = join(import.meta.dirname, '..', '..');

test('there are enough of them, each with a name of its own', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(16);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

test.each(MUTANTS)('$name changes the source as it is now', (mutant) => {
  const source = readFileSync(join(root, mutant.file), 'utf8');
  expect(mutated(mutant, source)).not.toBe(source);
  expect(() => mutated(mutant, '')).toThrow(mutant.name);
  expect(() => mutated(mutant, source + source)).toThrow(mutant.name);
});

test.each(MUTANTS)(`$name is caught within ${SEEDS_A_MUTANT} seeds: $what`, async ({ name }) => {
  const { broken } = await readResult(inject('simulation'), plannedMutant(name));
  expect(broken).toHaveLength(1);
});

import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { LANES } from './system/lanes.ts';

const root = dirname(import.meta.dirname);
/** One a core; Vitest alone would leave one of them to itself, which is half of a small machine. */
const workers = Math.max(2, availableParallelism());

/** Files that take longest, by which begins first. Begun last, they would have one core at work and the other waiting. */
const LONGEST = ['start.stack', 'sink.stack', 'cancel-anywhere.unit', 'recovery.system', 'operator.system', 'kills.system', 'redis-loss.system'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((name) => moduleId.includes(`/${name}.test.`));
      return place < 0 ? LONGEST.length : place;
    };
    return (await super.sort(files)).toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}

/**
 * The file name tells the tier: unit needs no server, stack needs the real ones, system needs them for itself alone, alone is a system test that
 * looks at the clock and needs the machine for itself too, simulation needs time on every core.
 */
export default defineConfig({
  root,
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        root,
        test: { name: 'unit', include: ['test/**/*.unit.test.ts'], maxWorkers: workers, sequence: { groupOrder: 0 } },
      },
      {
        root,
        test: {
          name: 'stack',
          include: ['test/**/*.stack.test.ts'],
          globalSetup: ['test/stack.ts'],
          maxWorkers: workers,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        root,
        test: {
          name: 'system',
          include: ['test/**/*.system.test.ts'],
          globalSetup: ['test/system/stack.ts'],
          maxWorkers: LANES,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        root,
        test: {
          name: 'system-alone',
          include: ['test/**/*.alone.test.ts'],
          globalSetup: ['test/system/stack.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        root,
        test: {
          name: 'simulation',
          include: ['test/**/*.simulation.test.ts'],
          fileParallelism: false,
          // A worker for each core of the least machine.
          maxConcurrency: 2,
          testTimeout: 300_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});

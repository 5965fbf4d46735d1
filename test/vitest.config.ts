import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = dirname(import.meta.dirname);
/** One a core. Vitest alone would leave one of them to itself, which is half of a small machine. */
const WORKERS = Math.max(2, availableParallelism());

/** The file name tells the tier: unit needs no server, stack needs the real ones, system needs them for itself alone, simulation is worked off beside them all, behind their backs. */
export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        test: { name: 'unit', isolate: false, setupFiles: ['test/own-time.ts'], include: ['test/**/*.unit.test.ts'], maxWorkers: WORKERS, sequence: { groupOrder: 0 } },
      },
      {
        root,
        test: {
          name: 'stack',
          include: ['test/**/*.stack.test.ts'],
          globalSetup: ['test/stack.ts'],
          maxWorkers: WORKERS,
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
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        root,
        test: {
          name: 'simulation',
          include: ['test/**/*.simulation.test.ts'],
          globalSetup: ['test/simulation/ahead.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});

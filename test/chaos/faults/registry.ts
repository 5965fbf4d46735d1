import type { ChaosRun, Fault } from '../fault.ts';
import { inTurnFor, type Lengths } from './in-turn.ts';
import { away } from './outage.ts';

const OUTAGES_MS: Lengths = { quick: [3_000], full: [30_000, 5_000, 5_000] };
/** How long processes try to start without it. */
const STARTINGS_MS: Lengths = { quick: [4_000], full: [15_000, 15_000] };

export const REGISTRY_FAULTS: readonly Fault[] = [
  {
    name: 'registry-outage',
    title: 'Schema registry away',
    planned: (scale) => OUTAGES_MS[scale].length,
    inject: (run) => inTurnFor(run, OUTAGES_MS, 'registry away', (ms) => away(run, 'registry', ms)),
  },
  {
    name: 'registry-away-at-start',
    title: 'Schema registry away while every process starts',
    planned: (scale) => STARTINGS_MS[scale].length,
    inject: (run) => inTurnFor(run, STARTINGS_MS, 'start without registry', (ms) => startWithout(run, ms)),
  },
];

async function startWithout(run: ChaosRun, ms: number): Promise<void> {
  const killed = run.workers.names.filter((name) => name !== 'sandbox');
  const gone = away(run, 'registry', ms);
  await Promise.all([gone, ...killed.map((name) => run.workers.kill(name))]);
  await run.workers.allReady();
}

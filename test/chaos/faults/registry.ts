import type { ChaosRun, Fault } from '../fault.ts';
import { inTurn, type Times } from './in-turn.ts';
import { away, type Length } from './outage.ts';

const OUTAGES: Times = { quick: 1, full: 3 };
const STARTS: Times = { quick: 1, full: 2 };
const OUTAGE_MS: Length = { quick: 3_000, full: 30_000 };
/** How long processes try to start without it. */
const STARTING_MS: Length = { quick: 4_000, full: 15_000 };

export const REGISTRY_FAULTS: readonly Fault[] = [
  {
    name: 'registry-outage',
    title: 'Schema registry away',
    fullOnly: true,
    planned: (scale) => OUTAGES[scale],
    inject: (run) => inTurn(run, OUTAGES, 'registry away', () => away(run, 'registry', OUTAGE_MS)),
  },
  {
    name: 'registry-away-at-start',
    title: 'Schema registry away while every process starts',
    fullOnly: true,
    planned: (scale) => STARTS[scale],
    inject: (run) => inTurn(run, STARTS, 'start without registry', () => startWithout(run)),
  },
];

async function startWithout(run: ChaosRun): Promise<void> {
  const killed = run.workers.names.filter((name) => name !== 'sandbox');
  const gone = away(run, 'registry', STARTING_MS);
  await Promise.all([gone, ...killed.map((name) => run.workers.kill(name))]);
  await run.workers.allReady();
}

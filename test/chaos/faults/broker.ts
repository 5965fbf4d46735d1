import type { Fault } from '../fault.ts';
import { inTurn, inTurnFor, type Lengths, type Times } from './in-turn.ts';
import { away, paused } from './outage.ts';

const RESTARTS: Times = { quick: 1, full: 5 };
const KILLS: Times = { quick: 1, full: 5 };
/** In the quick run still longer than a session lasts and a request is waited for. */
const PAUSES_MS: Lengths = { quick: [8_000], full: [20_000, 20_000, 20_000] };
const OUTAGES_MS: Lengths = { quick: [4_000], full: [60_000] };

export const BROKER_FAULTS: readonly Fault[] = [
  {
    name: 'broker-restart',
    title: 'Kafka broker restarted (SIGTERM)',
    planned: (scale) => RESTARTS[scale],
    inject: (run) => inTurn(run, RESTARTS, 'SIGTERM kafka', () => away(run, 'kafka', 0)),
  },
  {
    name: 'broker-kill',
    title: 'Kafka broker killed (SIGKILL)',
    planned: (scale) => KILLS[scale],
    inject: (run) => inTurn(run, KILLS, 'SIGKILL kafka', () => run.servers.kill('kafka')),
  },
  {
    name: 'broker-pause',
    title: 'Kafka broker stands still (SIGSTOP 20 s)',
    planned: (scale) => PAUSES_MS[scale].length,
    inject: (run) => inTurnFor(run, PAUSES_MS, 'SIGSTOP kafka', (ms) => paused(run, 'kafka', ms)),
  },
  {
    name: 'broker-outage',
    title: 'Kafka broker away for 60 s',
    planned: (scale) => OUTAGES_MS[scale].length,
    inject: (run) => inTurnFor(run, OUTAGES_MS, 'kafka away', (ms) => away(run, 'kafka', ms)),
  },
];

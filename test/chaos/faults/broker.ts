import type { Fault } from '../fault.ts';
import { inTurn, type Times } from './in-turn.ts';
import { away, type Length, paused } from './outage.ts';

const RESTARTS: Times = { quick: 1, full: 5 };
const KILLS: Times = { quick: 1, full: 5 };
const PAUSES: Times = { quick: 1, full: 3 };
const OUTAGES: Times = { quick: 1, full: 1 };
const PAUSE_MS: Length = { quick: 8_000, full: 20_000 };
const OUTAGE_MS: Length = { quick: 8_000, full: 60_000 };

export const BROKER_FAULTS: readonly Fault[] = [
  {
    name: 'broker-restart',
    title: 'Kafka broker restarted (SIGTERM)',
    fullOnly: true,
    planned: (scale) => RESTARTS[scale],
    inject: (run) => inTurn(run, RESTARTS, 'SIGTERM kafka', () => away(run, 'kafka', { quick: 0, full: 0 })),
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
    fullOnly: true,
    planned: (scale) => PAUSES[scale],
    inject: (run) => inTurn(run, PAUSES, 'SIGSTOP kafka', () => paused(run, 'kafka', PAUSE_MS)),
  },
  {
    name: 'broker-outage',
    title: 'Kafka broker away for 60 s',
    fullOnly: true,
    planned: (scale) => OUTAGES[scale],
    inject: (run) => inTurn(run, OUTAGES, 'kafka away', () => away(run, 'kafka', OUTAGE_MS)),
  },
];

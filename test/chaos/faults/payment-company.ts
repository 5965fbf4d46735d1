import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { FaultSetting } from '../../../connectors/sandbox/faults.ts';
import type { ChaosRun, Fault } from '../fault.ts';
import { inTurnFor, type Lengths } from './in-turn.ts';

const LENGTHS_MS: Lengths = { quick: [4_000], full: [10_000, 10_000, 10_000] };
const OUTAGES_MS: Lengths = { quick: [4_000], full: [60_000] };

type PaymentFault = Omit<FaultSetting, 'system'>;

/** All at once: slow beyond any patience, done but unanswered, and failed before anything was done. */
const MISCHIEF: readonly PaymentFault[] = [
  { mode: 'slow', rate: 0.2, latencyMs: 15_000 },
  { mode: 'lost_answer', rate: 0.05 },
  { mode: 'error', rate: 0.05 },
];
const STORM: readonly PaymentFault[] = [{ mode: 'rate_limited', rate: 0.8, latencyMs: 1_000 }];
const DOWN: readonly PaymentFault[] = [{ mode: 'down', rate: 1 }];

export const PAYMENT_FAULTS: readonly Fault[] = [
  {
    name: 'payment-mischief',
    title: 'Payment company: 20 % time out, 5 % of answers lost, 5 % fail',
    planned: (scale) => LENGTHS_MS[scale].length,
    inject: (run) => inTurnFor(run, LENGTHS_MS, 'payment mischief', (ms) => during(run, MISCHIEF, ms)),
  },
  {
    name: 'payment-storm',
    title: 'Payment company: 80 % of calls refused with 429',
    planned: (scale) => LENGTHS_MS[scale].length,
    inject: (run) => inTurnFor(run, LENGTHS_MS, 'payment 429', (ms) => during(run, STORM, ms)),
  },
  {
    name: 'payment-outage',
    title: 'Payment company away for 60 s',
    planned: (scale) => OUTAGES_MS[scale].length,
    inject: (run) => inTurnFor(run, OUTAGES_MS, 'payment away', (ms) => during(run, DOWN, ms)),
  },
];

async function during(run: ChaosRun, faults: readonly PaymentFault[], ms: number): Promise<void> {
  for (const fault of faults) await desk(run, 'POST', '/faults', { ...fault, system: 'payment' });
  try {
    await sleep(ms, undefined, { signal: run.signal });
  } finally {
    await desk(run, 'DELETE', '/faults?system=payment');
  }
}

/** The sandbox's desk for faults that are asked for. */
async function desk(run: ChaosRun, method: 'POST' | 'DELETE', path: string, body?: object): Promise<void> {
  const sent = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await request(`${run.config.sandboxUrl}${path}`, { method, ...sent });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
}

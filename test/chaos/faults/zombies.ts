import { setTimeout as sleep } from 'node:timers/promises';
import { SESSION_TIMEOUT_MS } from '../../../topology/runtime/kafka.ts';
import type { ChaosRun, Fault, Injection, Signs } from '../fault.ts';
import { shuffled } from '../shuffled.ts';

const ZOMBIES = { quick: 2, full: 20 } as const;
const AT_A_TIME = { quick: 2, full: 5 } as const;
/** Long enough for the group to give its partitions to another, who commits on them. */
const ASLEEP_MS = SESSION_TIMEOUT_MS + 4_000;
/** Nodes that have something under way whenever they fall asleep. */
const BUSY = ['receive', 'hold', 'charge', 'ticket', 'capture', 'confirm-hold', 'score-fraud', 'validate', 'notify', 'release'] as const;

/** A process sleeps through its eviction and wakes in the middle of what another has finished meanwhile. */
export const zombies: Fault = {
  name: 'zombies',
  title: 'SIGSTOP of a process beyond its session timeout, then SIGCONT',
  layout: 'process-per-node',
  planned: (scale) => ZOMBIES[scale],
  async inject(run) {
    let left: string[] = [];
    const injections: Injection[] = [];
    while (injections.length < ZOMBIES[run.scale]) {
      if (left.length === 0) left = shuffled(BUSY, run.random);
      const chosen = left.splice(0, AT_A_TIME[run.scale]);
      injections.push(...(await Promise.all(chosen.map((name) => asleep(run, name)))));
    }
    return injections;
  },
  *unseen({ fenced }: Signs) {
    if (fenced === 0) yield 'no zombie was fenced';
  },
};

async function asleep(run: ChaosRun, name: string): Promise<Injection> {
  await run.workers.scale(name, 2);
  const at = Date.now();
  run.workers.pause(name);
  try {
    await sleep(ASLEEP_MS, undefined, { signal: run.signal });
  } finally {
    run.workers.resume(name);
  }
  const recoveryMs = await run.recovered(at + ASLEEP_MS);
  await run.workers.scale(name, 1);
  return { what: `SIGSTOP ${name} for ${ASLEEP_MS / 1_000} s`, at, recoveryMs };
}

import { SYSTEMS } from '../../connectors/sandbox/faults.ts';
import type { Coverage } from './coverage.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Installation } from './installation.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** Longest a process is paused, ms: well beyond its session. */
const PAUSE_MS: readonly [number, number] = [500, 16_000];
const OUTAGE_MS: readonly [number, number] = [1_000, 9_000];
const REWOUND_MS: readonly [number, number] = [5, 1_000];

interface Scene {
  installation: Installation;
  scheduler: Scheduler;
  random: Random;
  coverage: Coverage;
}

/** Puts the large faults of a plan at their times. */
export function scheduleFaults(plan: FaultPlan, scene: Scene): void {
  const { installation, scheduler, random, coverage } = scene;
  const at = (what: string, run: () => void): void => {
    scheduler.after(random.between(100, plan.untilMs), null, what, () => {
      if (!installation.chaos.active) return;
      coverage.saw(what);
      run();
    });
  };
  for (let left = plan.kills; left > 0; left -= 1) at('process killed', () => installation.kill(random.pick(installation.processes), 'by a kill'));
  for (let left = plan.zombies; left > 0; left -= 1) at('process paused', () => pause(scene));
  for (let left = plan.rebalances; left > 0; left -= 1) at('group disturbed', () => installation.broker.groups.disturb(random.pick(installation.broker.groups.names)));
  for (let left = plan.outages; left > 0; left -= 1) at('company away', () => outage(scene));
  if (plan.redis === 'flushed') at('Redis flushed', () => installation.redis.store.flush());
  if (plan.redis === 'flushed_meanwhile') at('Redis to be flushed at a transaction', () => installation.chaos.atNextTransaction(() => flushMeanwhile(scene)));
  if (plan.redis === 'rewound') at('Redis restarted', () => rewind(scene));
}

function flushMeanwhile({ installation, coverage }: Scene): void {
  coverage.saw('Redis flushed at a transaction');
  installation.redis.store.flush();
}

function pause({ installation, scheduler, random }: Scene): void {
  const process = random.pick(installation.processes);
  installation.pause(process);
  scheduler.after(random.between(...PAUSE_MS), null, `${process.name} goes on`, () => installation.resume(process));
}

function outage({ installation, scheduler, random }: Scene): void {
  const system = random.pick(SYSTEMS);
  const mode = random.pick(['down', 'error', 'lost_answer'] as const);
  installation.sandbox.faults.set({ system, mode, rate: random.chance(0.5) ? 1 : 0.4 });
  scheduler.after(random.between(...OUTAGE_MS), null, `${system} is back`, () => installation.sandbox.faults.clear(system, mode));
}

/** A restart that forgets the last moments: what was written in them is gone, also where it was answered. */
function rewind({ installation: { redis }, scheduler, random, coverage }: Scene): void {
  const restore = redis.store.image();
  scheduler.after(random.between(...REWOUND_MS), null, 'Redis restarts without its last writes', () => {
    coverage.saw('Redis rewound');
    restore();
    for (const connection of [...redis.connections]) connection.break('connection lost');
  });
}

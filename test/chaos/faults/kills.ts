import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../topology/runtime/errors.ts';
import type { ChaosRun, Fault, Injection, Signs } from '../fault.ts';
import { shuffled } from '../shuffled.ts';

/** About as long as a process takes to be back: more often, and on two cores nothing else would get a turn. */
const EVERY_MS = 3_000;
/** The next waits where the pipeline is not steady again after so many: on a slow machine they would all be one single outage. */
const NOT_RECOVERED = 2;
const KILLS = { quick: 3, full: 150 } as const;

/** Any process at any moment, the API, the sinks and the simulated companies among them. */
export const kills: Fault = {
  name: 'kills',
  title: 'SIGKILL of any process, every 3 s where the machine bears it',
  layout: 'process-per-node',
  planned: (scale) => KILLS[scale],
  async inject(run) {
    const injections: Promise<Injection>[] = [];
    const notRecovered = new Set<Promise<Injection>>();
    let left: string[] = [];
    for (let count = 0; count < KILLS[run.scale]; count += 1) {
      while (notRecovered.size >= NOT_RECOVERED) await Promise.race(notRecovered);
      if (left.length === 0) left = shuffled(run.workers.names, run.random);
      const name = left.pop() as string;
      await run.workers.kill(name);
      run.say(`killed ${name}`);
      const injection = steadyAgain(run, name, Date.now()).finally(() => notRecovered.delete(injection));
      notRecovered.add(injection);
      injections.push(injection);
      await sleep(EVERY_MS, undefined, { signal: run.signal });
    }
    return Promise.all(injections);
  },
  *unseen({ killed }: Signs) {
    if (killed === 0) yield 'no process was killed';
  },
};

async function steadyAgain(run: ChaosRun, name: string, at: number): Promise<Injection> {
  const recoveryMs = await run.recovered(at).catch((error: unknown) => {
    if (!run.signal.aborted) run.violated(`SIGKILL ${name}: ${messageOf(error)}`);
    return null;
  });
  return { what: `SIGKILL ${name}`, at, recoveryMs };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Injection, Signs } from '../fault.ts';
import { shuffled } from '../shuffled.ts';

/** About as long as a process takes to be back: more often, and on two cores nothing else would get a turn. */
const EVERY_MS = 3_000;
const KILLS = { quick: 3, full: 150 } as const;

/** Any process at any moment, the API, the sinks and the simulated companies among them. */
export const kills: Fault = {
  name: 'kills',
  title: 'SIGKILL of any process every 3 s',
  layout: 'process-per-node',
  planned: (scale) => KILLS[scale],
  async inject(run) {
    const injections: Promise<Injection>[] = [];
    let left: string[] = [];
    for (let count = 0; count < KILLS[run.scale]; count += 1) {
      if (left.length === 0) left = shuffled(run.workers.names, run.random);
      const name = left.pop() as string;
      await run.workers.kill(name);
      const at = Date.now();
      run.say(`killed ${name}`);
      const injection = run.recovered(at).then((recoveryMs) => ({ what: `SIGKILL ${name}`, at, recoveryMs }));
      // Looked at after the last kill: until then a failure is nobody's.
      injection.catch(() => undefined);
      injections.push(injection);
      await sleep(EVERY_MS, undefined, { signal: run.signal });
    }
    return Promise.all(injections);
  },
  *unseen({ killed }: Signs) {
    if (killed === 0) yield 'no process was killed';
  },
};

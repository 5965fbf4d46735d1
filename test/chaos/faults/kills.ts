import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Injection, Signs } from '../fault.ts';

const EVERY_MS = 4_000;
const KILLS = { quick: 6, full: 150 } as const;

/** Any process at any moment, the API, the sinks and the simulated companies among them. */
export const kills: Fault = {
  name: 'kills',
  title: 'SIGKILL of any process every 4 s',
  layout: 'process-per-node',
  planned: (scale) => KILLS[scale],
  async inject(run) {
    const injections: Promise<Injection>[] = [];
    let left = shuffledNames();
    function shuffledNames(): string[] {
      return run.workers.names.map((name) => ({ name, at: run.random.next() })).sort((one, other) => one.at - other.at).map(({ name }) => name);
    }
    for (let count = 0; count < KILLS[run.scale]; count += 1) {
      if (left.length === 0) left = shuffledNames();
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

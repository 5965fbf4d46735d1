import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../topology/runtime/errors.ts';
import type { ChaosRun, Fault, Injection, Signs } from '../fault.ts';
import { shuffled } from '../shuffled.ts';

/** More often, and on two cores nothing but starts would get a turn. */
const EVERY_MS = 3_000;
/** Where a start takes longer than that, kills wait for it. */
const AWAY_AT_A_TIME = 2;
const KILLS = { quick: 3, full: 150 } as const;

/** Any process at any moment, the API, the sinks and the simulated companies among them. */
export const kills: Fault = {
  name: 'kills',
  title: 'SIGKILL of any process every 3 s',
  layout: 'process-per-node',
  planned: (scale) => KILLS[scale],
  async inject(run) {
    const injections: Promise<Injection>[] = [];
    const away = new Set<Promise<void>>();
    let left: string[] = [];
    for (let count = 0; count < KILLS[run.scale]; count += 1) {
      while (away.size >= AWAY_AT_A_TIME) await Promise.race(away);
      if (left.length === 0) left = shuffled(run.workers.names, run.random);
      const name = left.pop() as string;
      await run.workers.kill(name);
      run.say(`killed ${name}`);
      const back = run.workers.ready(name).finally(() => away.delete(back));
      away.add(back);
      injections.push(steadyAgain(run, name, Date.now()));
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

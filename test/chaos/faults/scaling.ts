import { orderFlow } from '../../../topology/order-flow.ts';
import { SINKS } from '../../../topology/topics.ts';
import type { Fault, Injection } from '../fault.ts';
import { shuffled } from '../shuffled.ts';

const TIMES = { quick: 1, full: 10 } as const;
/** Nodes and sinks scaled side by side: more start than two cores would bear. */
const AT_A_TIME = { quick: 2, full: 5 } as const;

/** More members join a group, and leave it again, while it works. */
export const scaling: Fault = {
  name: 'scaling',
  title: 'nodes and sinks, five at a time, from 1 process to 3 and back',
  layout: 'process-per-node',
  planned: (scale) => TIMES[scale] * AT_A_TIME[scale],
  async inject(run) {
    const all = [...orderFlow.nodes.map(({ name }) => name), ...SINKS];
    const injections: Injection[] = [];
    let left: string[] = [];
    for (let time = 0; time < TIMES[run.scale]; time += 1) {
      const chosen = left.splice(0, AT_A_TIME[run.scale]);
      if (chosen.length < AT_A_TIME[run.scale]) {
        left = shuffled(all, run.random).filter((name) => !chosen.includes(name));
        chosen.push(...left.splice(0, AT_A_TIME[run.scale] - chosen.length));
      }
      await Promise.all(chosen.map((name) => run.workers.scale(name, 3)));
      await Promise.all(chosen.map((name) => run.workers.scale(name, 1)));
      const at = Date.now();
      const recoveryMs = await run.recovered(at);
      injections.push(...chosen.map((name) => ({ what: `${name} from 1 to 3 to 1`, at, recoveryMs })));
    }
    return injections;
  },
};

import { orderFlow } from '../../../topology/order-flow.ts';
import { SINKS } from '../../../topology/topics.ts';
import type { Fault, Injection } from '../fault.ts';

const TIMES = { quick: 1, full: 10 } as const;
const QUICK_NODES = 3;
/** Nodes scaled side by side. */
const AT_A_TIME = 3;

/** More members join a group, and leave it again, while it works. */
export const scaling: Fault = {
  name: 'scaling',
  title: 'each node and sink from 1 process to 3 and back',
  layout: 'process-per-node',
  planned: (scale) => TIMES[scale] * (scale === 'quick' ? QUICK_NODES : orderFlow.nodes.length + SINKS.length),
  async inject(run) {
    const all = [...orderFlow.nodes.map(({ name }) => name), ...SINKS];
    const names = run.scale === 'full' ? all : all.map((name) => ({ name, at: run.random.next() })).sort((one, other) => one.at - other.at).slice(0, QUICK_NODES).map(({ name }) => name);
    const injections: Injection[] = [];
    for (let time = 0; time < TIMES[run.scale]; time += 1) {
      for (let from = 0; from < names.length; from += AT_A_TIME) {
        const chosen = names.slice(from, from + AT_A_TIME);
        await Promise.all(chosen.map((name) => run.workers.scale(name, 3)));
        await Promise.all(chosen.map((name) => run.workers.scale(name, 1)));
        const at = Date.now();
        const recoveryMs = await run.recovered(at);
        injections.push(...chosen.map((name) => ({ what: `${name} from 1 to 3 to 1`, at, recoveryMs })));
      }
    }
    return injections;
  },
};

import type { Fault, Injection, Layout } from '../fault.ts';

const CHANGES: readonly Layout[] = ['process-per-node', 'one-process'];
const ROUNDS = { quick: 1, full: 3 } as const;

/** Events handed on in memory and events left to a process of their own meet in the same topics. */
export const chaining: Fault = {
  name: 'chaining',
  title: 'all in one process, to a process per node, and back',
  layout: 'one-process',
  planned: (scale) => ROUNDS[scale] * CHANGES.length,
  async inject(run) {
    const injections: Injection[] = [];
    for (let round = 0; round < ROUNDS[run.scale]; round += 1) {
      for (const layout of CHANGES) {
        await run.workers.arrange(layout);
        const at = Date.now();
        injections.push({ what: `to ${layout}`, at, recoveryMs: await run.recovered(at) });
      }
    }
    return injections;
  },
};

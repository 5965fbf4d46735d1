import type { ChaosRun, Fault, Injection, Layout } from '../fault.ts';

/** Events handed on in memory and events left to a process of their own meet in the same topics. */
async function through(run: ChaosRun, layouts: readonly Layout[]): Promise<Injection[]> {
  const injections: Injection[] = [];
  for (const layout of layouts) {
    await run.workers.arrange(layout);
    const at = Date.now();
    injections.push({ what: `to ${layout}`, at, recoveryMs: await run.recovered(at) });
  }
  return injections;
}

const APART = { quick: ['process-per-node'], full: ['process-per-node', 'one-process', 'process-per-node'] } as const;
const TOGETHER = { quick: ['one-process'], full: ['one-process', 'process-per-node', 'one-process'] } as const;

/** Stands before the faults of processes apart, which then need no change of their own. */
export const takenApart: Fault = {
  name: 'taking-apart',
  title: 'from all nodes in one process to a process per node',
  layout: 'one-process',
  planned: (scale) => APART[scale].length,
  inject: (run) => through(run, APART[run.scale]),
};

export const chainedAgain: Fault = {
  name: 'chaining',
  title: 'from a process per node to all nodes in one process',
  layout: 'process-per-node',
  planned: (scale) => TOGETHER[scale].length,
  inject: (run) => through(run, TOGETHER[run.scale]),
};

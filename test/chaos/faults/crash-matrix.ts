import type { Random } from '../../../topology/demo/random.ts';
import { type Cell, crashCells, sample } from '../crash-cells.ts';
import type { ChaosRun, Fault, Injection, Layout, Scale, Signs } from '../fault.ts';

/** Passages of a point before it kills. */
const LATEST_PASSAGE = 3;
/** Processes of the chained layout that die side by side, sharing the partitions. */
const CHAINED_PROCESSES = { quick: 2, full: 3 } as const;
/** More that die and start side by side leave two cores no turn for the orders that have to come by the points. */
const SIDE_BY_SIDE = 8;
/** Kinds of point of which a process dies in a quick run: those of one after another add up. */
const SAMPLE: Readonly<Record<Layout, number>> = { 'process-per-node': 5, 'one-process': 2 };
/** A process that is started, waits for its group to let it in, and then for an order that comes by. */
const PATIENCE_MS = 90_000;

const cellsOf = (layout: Layout, scale: Scale, random: Random): Cell[] => {
  const cells = crashCells(layout);
  return scale === 'full' ? [...cells] : sample(cells, random, SAMPLE[layout]);
};

/** Each process dies at one of its cells after another, some processes side by side: those first that have most before them. */
async function crash(run: ChaosRun, layout: Layout): Promise<Injection[]> {
  const cells = cellsOf(layout, run.scale, run.random);
  const processes = [...byProcess(cells, layout, run.scale)].sort(([, one], [, other]) => other.length - one.length).values();
  const injections: Injection[] = [];
  const crasher = async (): Promise<void> => {
    for (const [worker, own] of processes) injections.push(...(await crashEach(run, worker, own)));
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, crasher));
  await run.workers.allReady();
  await run.recovered();
  return injections;
}

async function crashEach(run: ChaosRun, worker: string, cells: readonly Cell[]): Promise<Injection[]> {
  const points = cells.map(({ point }) => `${point}:${run.random.int(1, LATEST_PASSAGE)}`);
  const began = Date.now();
  const died = await run.workers.killAtEach(worker, points, PATIENCE_MS);
  points.forEach((point, index) => died[index] || run.say(`${worker} never came by ${point}`));
  return points.flatMap((point, index) => (died[index] ? [{ what: `${worker} killed at ${point}`, at: began, recoveryMs: null }] : []));
}

function byProcess(cells: readonly Cell[], layout: Layout, scale: Scale): Map<string, Cell[]> {
  if (layout === 'process-per-node') return Map.groupBy(cells, ({ worker }) => worker);
  const processes = CHAINED_PROCESSES[scale];
  const numbered = cells.map((cell, index) => ({ ...cell, worker: index % processes === 0 ? cell.worker : `${cell.worker}-${1 + (index % processes)}` }));
  return Map.groupBy(numbered, ({ worker }) => worker);
}

const planned = (layout: Layout, scale: Scale): number => (scale === 'full' ? crashCells(layout).length : SAMPLE[layout]);

function* unseen({ replayed, killed }: Signs): Iterable<string> {
  if (killed === 0) yield 'no process was killed';
  if (replayed === 0) yield 'no step was answered from the journal';
}

/** Every node in a process of its own: it dies at each point of its session, its calls, the sinks' writes, the timers and the API. */
export const crashMatrixApart: Fault = {
  name: 'crash-matrix',
  title: 'a process per node, killed at every point of the algorithm',
  layout: 'process-per-node',
  planned: (scale) => planned('process-per-node', scale),
  inject: (run) => crash(run, 'process-per-node'),
  unseen,
};

/** The default deployment. */
export const crashMatrixChained: Fault = {
  name: 'crash-matrix-chained',
  title: 'all nodes in one process, killed at every point of the algorithm',
  layout: 'one-process',
  planned: (scale) => planned('one-process', scale),
  async inject(run) {
    await run.workers.scale('all', CHAINED_PROCESSES[run.scale]);
    try {
      return await crash(run, 'one-process');
    } finally {
      await run.workers.scale('all', 1);
    }
  },
  unseen,
};

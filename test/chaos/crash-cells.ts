import type { Random } from '../../topology/demo/random.ts';
import type { FlowNode } from '../../topology/define.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { type Failpoint, OUTSIDE_PORTS, type OutsidePort, PART_POINTS, PORT_POINTS, SESSION_POINTS } from '../../topology/runtime/failpoints.ts';
import { CLICKHOUSE_SINK, POSTGRES_SINK } from '../../topology/topics.ts';
import type { Layout } from './fault.ts';
import { shuffled } from './shuffled.ts';

/** A process and a point at which it dies. */
export interface Cell {
  worker: string;
  point: Failpoint;
}

const outsidePorts = (node: FlowNode): OutsidePort[] => OUTSIDE_PORTS.filter((port) => node.uses.includes(port));
const portCells = (worker: string, ports: readonly OutsidePort[]): Cell[] =>
  ports.flatMap((port) => PORT_POINTS.map((point): Cell => ({ worker, point: `${port}.${point}` })));

const takesTimers = (node: FlowNode): boolean => node.kind === 'interrupt' && node.accepts === 'hold_expiry';
const timerCells = (worker: string): Cell[] => PART_POINTS.timers.map((point) => ({ worker, point: `timers.${point}` }));

/** Parts that are the same processes in every layout. */
const PARTS: readonly Cell[] = [
  ...PART_POINTS.ingress.map((point): Cell => ({ worker: 'ingress', point: `ingress.${point}` })),
  ...PART_POINTS['postgres-sink'].map((point): Cell => ({ worker: POSTGRES_SINK, point: `postgres-sink.${point}` })),
  ...PART_POINTS['clickhouse-sink'].map((point): Cell => ({ worker: CLICKHOUSE_SINK, point: `clickhouse-sink.${point}` })),
];

/** Every node by itself: each point of its session, and of each of its ports that leave the platform. */
function apart(nodes: readonly FlowNode[]): Cell[] {
  return nodes.flatMap((node) => [
    ...SESSION_POINTS.map((point): Cell => ({ worker: node.name, point: `${node.name}.${point}` })),
    ...portCells(node.name, outsidePorts(node)),
    ...(takesTimers(node) ? timerCells(node.name) : []),
  ]);
}

/** All in one process: only nodes that take commands or timers have sessions with work, the others' steps run within them. */
function chained(nodes: readonly FlowNode[], worker: string): Cell[] {
  const steps = nodes.flatMap((node): Cell[] =>
    (node.kind === 'processor' ? (['fetched', 'first-effect'] as const) : SESSION_POINTS).map((point) => ({ worker, point: `${node.name}.${point}` })),
  );
  return [...steps, ...portCells(worker, OUTSIDE_PORTS.filter((port) => nodes.some((node) => node.uses.includes(port)))), ...(nodes.some(takesTimers) ? timerCells(worker) : [])];
}

/** Every cell of the crash matrix in a layout. */
export const crashCells = (layout: Layout, nodes: readonly FlowNode[] = orderFlow.nodes): readonly Cell[] =>
  layout === 'one-process' ? chained(nodes, 'all') : [...apart(nodes), ...PARTS];

/** What of the point is the same for every node: `produced` of `hold.produced`. */
export function kindOf({ point }: Cell): string {
  const kind = point.slice(point.lastIndexOf('.') + 1);
  return (SESSION_POINTS as readonly string[]).includes(kind) && !point.startsWith('postgres-sink') ? kind : point;
}

/** Points between a step's end in the state store and the end of its transaction: whoever comes after a death there finds the step in the journal. */
const REPLAYED: ReadonlySet<string> = new Set(['effects', 'partitions-added', 'produced', 'offsets']);

/** One cell of each of so many kinds, every one by default, spread over the processes; one at least leaves steps to the journal. */
export function sample(cells: readonly Cell[], random: Random, kinds = Number.POSITIVE_INFINITY): Cell[] {
  const taken = new Map<string, number>();
  const byKind = shuffled([...Map.groupBy(cells, kindOf)], random);
  const surely = byKind.find(([kind]) => REPLAYED.has(kind));
  const chosen = [...new Set([...(surely ? [surely] : []), ...byKind])].slice(0, kinds).map(([, candidates]) => candidates);
  const fewestFirst = chosen.sort((one, other) => one.length - other.length);
  return fewestFirst.map((candidates) => {
    const least = Math.min(...candidates.map(({ worker }) => taken.get(worker) ?? 0));
    const cell = random.pick(candidates.filter(({ worker }) => (taken.get(worker) ?? 0) === least));
    taken.set(cell.worker, (taken.get(cell.worker) ?? 0) + 1);
    return cell;
  });
}

import type { Flow } from '../define.ts';
import { flowEdges } from '../edges.ts';
import { AT_REST, FINAL, STATUSES, TRANSITIONS, type Transition } from '../order-states.ts';

const CHANNELS = 'channels([channels])';
const TIMERS = 'timers([timers])';

/** The flow as a Mermaid flowchart: an arrow an event, named by it; what no node takes ends in the read models. */
export function mermaidOf(flow: Flow): string {
  const shapes = flow.nodes.map(
    ({ name, kind }) => `  ${idOf(name)}${kind === 'processor' ? `[${name}]` : `{{${name}}}`}`,
  );
  const arrows = flowEdges(flow).map(({ from, topic, carries, to }) => {
    const start = from === null ? (topic.startsWith('internal.') ? TIMERS : CHANNELS) : idOf(from);
    return `  ${start} -- ${carries} --> ${to === null ? 'models[(read models)]' : idOf(to)}`;
  });
  return ['flowchart LR', ...shapes, ...arrows, ''].join('\n');
}

/** The state table as a Mermaid state diagram. Events that keep the status are left out. */
export function stateDiagram(): string {
  const arrows = new Set(TRANSITIONS.filter(({ to }) => to !== 'same').flatMap(arrowsOf));
  const ends = STATUSES.filter((status) => FINAL.has(status)).map((status) => `  ${status} --> [*]`);
  const rests = STATUSES.filter((status) => AT_REST.has(status)).join(',');
  return ['stateDiagram-v2', ...arrows, ...ends, '  classDef rest font-weight:bold', `  class ${rests} rest`, ''].join(
    '\n',
  );
}

/** One arrow for each status on the way; only the last bears the event's name. */
function arrowsOf({ event, from, via, to }: Transition): string[] {
  return from.flatMap((start) => {
    const path = [start, ...via.filter((status) => status !== start), to];
    return path.slice(1).map((status, index) => {
      const before = path[index] === 'new' ? '[*]' : path[index];
      return `  ${before} --> ${status}${index === path.length - 2 ? `: ${event}` : ''}`;
    });
  });
}

/** Mermaid reads a bare `end` as its own keyword, and hyphens as part of an arrow. */
const idOf = (name: string): string => `node_${name.replaceAll('-', '_')}`;

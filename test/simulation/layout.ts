import type { FlowNode } from '../../topology/define.ts';
import type { Random } from './random.ts';

/** A process of the installation, and the nodes it runs. */
export interface Slot {
  name: string;
  nodes: readonly FlowNode[];
}

/**
 * One to three processes with all nodes, which hand events on in memory; or a process a node; or nodes dealt out at random; or all of that
 * at once, so that some nodes have several members in their group.
 */
export function randomLayout(nodes: readonly FlowNode[], random: Random): Slot[] {
  const kind = random.weighted({ together: 4, apart: 1, dealt: 3, mixed: 2 });
  const named = (groups: readonly (readonly FlowNode[])[]): Slot[] =>
    groups.filter(({ length }) => length > 0).map((group, at) => ({ name: `p${at + 1}`, nodes: group }));
  const dealt = (): FlowNode[][] => {
    const groups: FlowNode[][] = Array.from({ length: random.int(2, 4) }, () => []);
    for (const node of nodes) random.pick(groups).push(node);
    return groups;
  };
  switch (kind) {
    case 'together':
      return named(Array.from({ length: random.int(1, 3) }, () => nodes));
    case 'apart':
      return named(nodes.map((node) => [node]));
    case 'dealt':
      return named([...dealt(), ...(random.chance(0.5) ? dealt() : [])]);
    case 'mixed':
      return named([nodes, ...dealt()]);
  }
}

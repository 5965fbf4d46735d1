import { mermaidOf } from '../derive/mermaid.ts';
import { orderFlow } from '../order-flow.ts';
import { groupOf, inputsOf, topicOf } from '../topics.ts';
import { table } from './table.ts';

/** Prints the declared flow; needs no server. */
export function printTopology(format: string): void {
  const nodes = orderFlow.nodes.map((node) => ({
    node: node.name, kind: node.kind, group: groupOf(node.name), reads: inputsOf(node).join(' '), writes: node.emits.map(topicOf).join(' '), summary: node.summary,
  }));
  if (format === 'json') console.log(JSON.stringify(nodes, null, 2));
  else if (format === 'mermaid') console.log(mermaidOf(orderFlow));
  else console.log(table(nodes.map(({ node, kind, summary }) => ({ node, kind, summary }))));
}

import { mermaidOf } from '../derive/mermaid.ts';
import type { FlowNode } from '../define.ts';
import { orderFlow } from '../order-flow.ts';
import { groupOf, inputsOf, topicOf } from '../topics.ts';
import { table, wrap } from './table.ts';

const SUMMARY_WIDTH = 36;

/** The declared flow, by format. Needs no server. */
const FORMATS: Readonly<Record<string, () => string>> = {
  table: () => table(orderFlow.nodes.map((node) => ({
    node: node.name, takes: taken(node).join('\n'), emits: node.emits.join('\n'), uses: node.uses.join('\n'), summary: wrap(node.summary, SUMMARY_WIDTH),
  }))),
  mermaid: () => mermaidOf(orderFlow),
  json: () => JSON.stringify(orderFlow.nodes.map((node) => ({
    node: node.name, kind: node.kind, summary: node.summary, takes: taken(node), emits: node.emits, uses: node.uses,
    group: groupOf(node.name), reads: inputsOf(node), writes: node.emits.map(topicOf),
  })), null, 2),
};

/** Prints the flow. Throws where the format is none of those above. */
export function printTopology(format: string): void {
  const print = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (!print) throw new Error(`there is no format ${format}; there are: ${Object.keys(FORMATS).join(', ')}`);
  console.log(print().trimEnd());
}

/** Events; for a node that takes commands or timers, the kind of those it takes. */
function taken(node: FlowNode): string[] {
  if (node.kind === 'processor') return [...node.on];
  return [node.accepts === 'hold_expiry' ? `timer ${node.accepts}` : `command ${node.accepts}`];
}

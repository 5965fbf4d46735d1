import type { EventType } from '../schemas/types.ts';
import type { Flow, FlowNode } from './define.ts';
import { COMMANDS_TOPIC, TIMERS_TOPIC, topicOf } from './topics.ts';

/** A way records take: from a node, by a topic, to a node. */
export interface FlowEdge {
  /** null: from outside the flow, by a channel or the timer scheduler. */
  from: string | null;
  topic: string;
  /** The event, or the kind of command or timer. */
  carries: string;
  /** null: no node takes it; sinks and outside readers do. */
  to: string | null;
}

/** All edges of the flow, in the order of its nodes: what comes in from outside first, then what each node emits. */
export function flowEdges(flow: Flow): FlowEdge[] {
  const entries = flow.nodes.flatMap((node): FlowEdge[] =>
    node.kind === 'processor' ? [] : [{ from: null, topic: entryTopicOf(node), carries: node.accepts, to: node.name }],
  );
  const emitted = flow.nodes.flatMap((node) => node.emits.flatMap((type) => edgesOf(flow, node.name, type)));
  return [...entries, ...emitted];
}

/** Names of the nodes that take an event. */
export function takersOf(flow: Flow, type: EventType): string[] {
  return flow.nodes.filter((node) => node.kind === 'processor' && node.on.includes(type)).map((node) => node.name);
}

function edgesOf(flow: Flow, from: string, type: EventType): FlowEdge[] {
  const takers = takersOf(flow, type);
  const ends = takers.length > 0 ? takers : [null];
  return ends.map((to) => ({ from, topic: topicOf(type), carries: type, to }));
}

const entryTopicOf = (node: Exclude<FlowNode, { kind: 'processor' }>): string =>
  node.accepts === 'hold_expiry' ? TIMERS_TOPIC : COMMANDS_TOPIC;

import type { PortName } from '../connectors/ports/index.ts';
import type { Interrupt, Opener, Processor } from '../processors/processor.ts';
import type { AnyOrderEvent, CommandKind, EventType, OrderEvent, TimerFired } from '../schemas/types.ts';

/** What every node says of itself. */
interface NodeCommon<Out extends EventType> {
  /** Lower case with hyphens; also its consumer group, dead-letter topic, metric label and k8s Deployment. */
  name: string;
  /** One line for diagrams and docs. */
  summary: string;
  emits: readonly Out[];
  /** Ports whose use has an effect outside or a wait; empty for a pure function of the event. */
  uses: readonly PortName[];
  /** Ports whose effects this node takes back. */
  compensates?: readonly PortName[];
}

/** Ports whose effects need no taking back, with the reason; the effects of all others have a node that does. */
export const NEEDS_NO_COMPENSATION: Partial<Record<PortName, string>> = {
  catalogue: 'is only read',
  keys: 'is only read by processors',
  velocity: 'a refused order counts too, and counts leave their window by themselves',
  notification: 'what is sent stays sent; it is sent last, when nothing can fail any more',
};

/** Starts orders from commands. */
export interface OpenerNode<Out extends EventType = EventType> extends NodeCommon<Out> {
  kind: 'opener';
  accepts: CommandKind;
  run: Opener<Out>;
}

/** Advances an order: exactly one input event, its next events. */
export interface ProcessorNode<Out extends EventType = EventType> extends NodeCommon<Out> {
  kind: 'processor';
  on: readonly EventType[];
  /** Whether a cancel mark found on the order diverts it before this node runs. */
  divertible: boolean;
  run: Processor<AnyOrderEvent, Out>;
}

/** Meets an order wherever it stands, by command or by timer. */
export interface InterruptNode<Out extends EventType = EventType> extends NodeCommon<Out> {
  kind: 'interrupt';
  accepts: CommandKind | TimerFired['kind'];
  run: Interrupt<Out>;
}

export type FlowNode = OpenerNode | ProcessorNode | InterruptNode;

export interface Flow {
  name: string;
  nodes: readonly FlowNode[];
}

/** Ties a processor to its events; does not compile where the function takes or emits others than stated. */
export function processor<In extends EventType, Out extends EventType>(node: {
  name: string; summary: string; on: readonly In[]; emits: readonly Out[]; divertible?: boolean;
  uses?: readonly PortName[]; compensates?: readonly PortName[];
  run: Processor<OrderEvent<In>, Out>;
}): ProcessorNode {
  return { kind: 'processor', uses: [], divertible: true, ...node, run: node.run as unknown as Processor<AnyOrderEvent, EventType> };
}

export function opener<Out extends EventType>(node: Omit<OpenerNode<Out>, 'kind' | 'uses'>): OpenerNode {
  return { kind: 'opener', uses: [], ...node } as OpenerNode;
}

export function interrupt<Out extends EventType>(node: Omit<InterruptNode<Out>, 'kind' | 'uses'> & { uses?: readonly PortName[] }): InterruptNode {
  return { kind: 'interrupt', uses: [], ...node } as InterruptNode;
}

export function defineFlow(flow: Flow): Flow {
  return flow;
}

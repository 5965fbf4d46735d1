import type { EventType } from '../schemas/types.ts';
import type { Flow, FlowNode, ProcessorNode } from './define.ts';
import { nextStatus, type OrderStatus, restsAfter, statusesEntered } from './order-states.ts';

/** Where an order may stand: its status, and the event that brought it there. */
export interface Position {
  event: EventType;
  status: OrderStatus;
}

/** A move an order may make: the node that makes it, from where to where. `from` is null for an order's first event. */
export interface Move {
  node: FlowNode;
  from: Position | null;
  to: Position;
}

export const positionKey = ({ event, status }: Position): string => `${event}@${status}`;

/** Every move orders can make through the flow, found by walking it from its openers. */
export function walk(flow: Flow): Move[] {
  const moves = flow.nodes.filter((node) => node.kind === 'opener').flatMap((node) => opening(node));
  const seen = new Set<string>();
  for (const { to } of moves) {
    if (seen.has(positionKey(to))) continue;
    seen.add(positionKey(to));
    // The list grows while it is walked: what is found now is walked from later.
    moves.push(...movesFrom(to, flow));
  }
  return moves;
}

/** Statuses orders can be in or pass through. */
export function statusesReached(moves: readonly Move[]): Set<OrderStatus> {
  return new Set(moves.flatMap(({ from, to }) => [...statusesEntered(from?.status ?? 'new', to.event), to.status]));
}

/** Whether the order waits for a command or a timer there. */
export const isAtRest = ({ event, status }: Position): boolean => restsAfter(event, status);

/**
 * An opener may emit several events at once: each that is legal as a first event, and each that is legal after another
 * of its own.
 */
function opening(node: FlowNode): Move[] {
  const first = landings(node, null, node.emits);
  const second = first.flatMap(({ to }) => landings(node, to, node.emits));
  return [...first, ...second];
}

function movesFrom(position: Position, flow: Flow): Move[] {
  const takers = flow.nodes.filter((node) => node.kind === 'processor' && node.on.includes(position.event));
  const steps = takers.flatMap((node) => landings(node, position, node.emits));
  return [...steps, ...interruptions(position, takers as ProcessorNode[], flow)];
}

/** At rest an order is moved by any interrupt; in flight a mark diverts it before a node that allows it. */
function interruptions(position: Position, takers: readonly ProcessorNode[], flow: Flow): Move[] {
  const atRest = isAtRest(position);
  const divertible = takers.some((node) => node.divertible);
  return flow.nodes
    .filter((node) => node.kind === 'interrupt')
    .flatMap((node) =>
      landings(
        node,
        position,
        node.emits.filter((type) => atRest || (divertible && type === 'CancelRequested')),
      ),
    );
}

function landings(node: FlowNode, from: Position | null, events: readonly EventType[]): Move[] {
  return events.flatMap((event) => {
    const status = nextStatus(from?.status ?? 'new', event);
    return status === null ? [] : [{ node, from, to: { event, status } }];
  });
}

import type { StillOrder, StillQuery } from '../../connectors/postgres/stuck-orders.ts';
import type { EventType } from '../../schemas/types.ts';
import type { Flow, FlowNode } from '../define.ts';
import { AT_REST, DEADLINES, FINAL, type OrderStatus, restsAfter, STATUSES, TRANSITIONS } from '../order-states.ts';
import { retryTopicOf, TIMERS_TOPIC, waits } from '../topics.ts';

/** So often the event of a stuck order is handed to its node again before the order is given up on. */
export const MOST_DRIVES = 3;

const WAITING_TYPES = TRANSITIONS.filter(({ to }) => to !== 'same' && AT_REST.has(to) && !FINAL.has(to)).map(({ event }) => event);

/** All orders that stand still for at least the shortest deadline. */
export function stillQuery(now: number, orderTimeoutMs: number, parked: boolean): StillQuery {
  const shortest = Math.min(...Object.values(DEADLINES)) * orderTimeoutMs;
  return { statuses: STATUSES.filter((status) => !FINAL.has(status)), waitingTypes: WAITING_TYPES, before: now - shortest, parked };
}

/** Whether the order waits for a timer alone. */
const waitsForTimer = ({ type, status }: StillOrder): boolean => restsAfter(type as EventType, status as OrderStatus) && !FINAL.has(status as OrderStatus);

/** When the order's next event is overdue, ms; null where none is expected. After a drive it has as long again. */
export function dueAt(order: StillOrder, orderTimeoutMs: number): number | null {
  const status = order.status as OrderStatus;
  const patience = DEADLINES[status] * orderTimeoutMs;
  if (waitsForTimer(order)) return Math.max(order.holdUntil ?? order.updatedAt, order.drivenAt ?? 0) + patience;
  if (restsAfter(order.type as EventType, status)) return null;
  return Math.max(order.updatedAt, order.drivenAt ?? 0) + patience;
}

/** Who has to move the order on, and the topic on which that node is reminded of it. */
export interface Mover {
  node: FlowNode;
  /** null where the node cannot be reached without every reader of the event seeing it twice. */
  topic: string | null;
  /** By a timer in place of the order's newest event. */
  byTimer: boolean;
}

export function moverOf(flow: Flow, order: StillOrder): Mover | null {
  const byTimer = waitsForTimer(order);
  const node = flow.nodes.find((each) => (byTimer ? each.kind === 'interrupt' && each.accepts === 'hold_expiry' : each.kind === 'processor' && each.on.includes(order.type as EventType)));
  if (!node) return null;
  return { node, byTimer, topic: byTimer ? TIMERS_TOPIC : waits(node) ? retryTopicOf(node.name) : null };
}

import type { Offsets } from '../../runtime/topic-reader.ts';
import { topicOf } from '../../topics.ts';
import type { LoggedEvent, LoggedOrder, NewestState } from './evidence.ts';

/** What Kafka has let go of because of its age. */
export interface CutOff {
  /** First offset that is still there, of every partition of commands and events. */
  first: Offsets;
  /** Time of the oldest command that is still there, ms, by partition; Infinity where none is. Only partitions that lost some. */
  commandsSince: ReadonlyMap<number, number>;
}

/** What Postgres remembers of events that Kafka has let go of. */
export interface History {
  events: (LoggedEvent & { orderId: string })[];
  /** Of orders whose newest event is among them. */
  states: (NewestState & { orderId: string })[];
}

export const NOTHING_CUT: CutOff = { first: new Map(), commandsSince: new Map() };

/** Whether anything is gone at all. */
export const isCut = ({ first }: CutOff): boolean => [...first.values()].some((partitions) => [...partitions.values()].some((offset) => offset > 0n));

interface Log {
  placed: Set<string>;
  orders: Map<string, LoggedOrder>;
}

/**
 * Completes what was read of the log by what is known of the part that is gone, so that an order is not called broken for its age. Answers how
 * many orders that concerned. What is missing from the part that should still be there stays missing.
 */
export function complete({ placed, orders }: Log, cut: CutOff, { events, states }: History): number {
  const touched = new Set<string>();
  const newest = new Map(states.map((state) => [state.orderId, state]));
  for (const [orderId, own] of Map.groupBy(events, (event) => event.orderId)) {
    const state = newest.get(orderId);
    const order = orders.get(orderId) ?? (state && { events: [], last: state });
    if (!order) continue;
    orders.set(orderId, order);
    touched.add(orderId);
    order.events.push(...own.map(({ orderId: _orderId, ...event }) => event));
    if (state && state.version > order.last.version) order.last = state;
  }
  for (const [orderId, order] of orders) if (!placed.has(orderId) && commandIsGone(order, cut)) placed.add(orderId);
  return touched.size;
}

/** A command is older than the first event it caused: gone with it, or alone where it is older than the oldest that is left. */
function commandIsGone({ events, last }: LoggedOrder, { first, commandsSince }: CutOff): boolean {
  const opening = events.find(({ version }) => version === 1);
  if (!opening) return false;
  const [, partition, offset] = /\/(\d+)@(\d+)$/.exec(opening.position) ?? [];
  if (BigInt(offset ?? 0) < (first.get(topicOf(opening.type))?.get(Number(partition)) ?? 0n)) return true;
  return last.order.placedAt <= (commandsSince.get(Number(partition)) ?? Number.NEGATIVE_INFINITY);
}

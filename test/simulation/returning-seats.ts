import type { EventType } from '../../schemas/types.ts';
import { EVENT_TYPES } from '../../schemas/types.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { topicOf } from '../../topology/topics.ts';
import type { Installation } from './installation.ts';

/** Events after which the order's seats are given back, and nothing else. */
const GIVES_SEATS_BACK: ReadonlySet<EventType> = new Set(
  orderFlow.nodes.flatMap((node) => (node.kind === 'processor' && node.compensates?.includes('inventory') ? node.on : [])),
);

/**
 * Seats of a class that a rebuild restored for orders which can only give them back: the log says so, or the hold has lapsed. They may have
 * been given back before Redis was lost, and be another order's since; the rebuild cannot know, and until they are given back once more
 * they count for both.
 */
export function returningSeats(installation: Installation, countersKey: string, bookingClass: string, now: number): number {
  let seats = 0;
  for (const [orderId, entry] of installation.redis.store.hash(`${countersKey}:orders`) ?? []) {
    const [, state, expiresAt, classes = ''] = /^(held|sold) (\d+) (\S+) rebuilt$/.exec(entry) ?? [];
    if (!state) continue;
    const hasLapsed = state === 'held' && Number(expiresAt) < now;
    if (!hasLapsed && !GIVES_SEATS_BACK.has(newestCommitted(installation, orderId))) continue;
    seats += Number(new RegExp(`(?:^|,)${bookingClass}=(\\d+)`).exec(classes)?.[1] ?? 0);
  }
  return seats;
}

function newestCommitted({ broker }: Installation, orderId: string): EventType {
  let newest: { version: number; type: EventType } = { version: 0, type: 'OrderReceived' };
  for (const type of EVENT_TYPES) {
    for (const log of broker.partitionsOf(topicOf(type))) {
      for (const { key, headers } of log.committed()) {
        const version = Number(headers['order-version']);
        if (String(key) === orderId && version > newest.version) newest = { version, type };
      }
    }
  }
  return newest.type;
}

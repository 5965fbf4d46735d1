import type { TimerKind } from '../../schemas/types.ts';
import { FINAL, type OrderStatus } from '../order-states.ts';

/** Random name of the present content; absent while Redis is empty or being rebuilt. Every script compares it. */
export const EPOCH_KEY = 'redis-epoch';
/** Sorted set, member `<orderId>|<kind>`, score due ms. */
export const TIMERS_KEY = 'timers';
export const ORDER_KEY_PREFIX = '{ord:';

export const headKey = (orderId: string): string => `{ord:${orderId}}:head`;
export const journalKey = (orderId: string): string => `{ord:${orderId}}:journal`;
export const markKey = (orderId: string): string => `{ord:${orderId}}:mark`;

export const timerMember = (orderId: string, kind: TimerKind): string => `${orderId}|${kind}`;

export function parseTimerMember(member: string): { orderId: string; kind: TimerKind } {
  const bar = member.lastIndexOf('|');
  return { orderId: member.slice(0, bar), kind: member.slice(bar + 1) as TimerKind };
}

const DAY_MS = 86_400_000;
/** Step results, and marks on orders that never came. */
export const JOURNAL_TTL_MS = 7 * DAY_MS;
/** Steps without events, which stay after their commit: for longer than any process hangs with a call on its way. */
export const NOTE_TTL_MS = DAY_MS;
export const EARLY_MARK_TTL_MS = 7 * DAY_MS;
/** Orders that ended, at the least. A day longer than a command may wait, see command-window.ts. */
export const ENDED_TTL_MS = 8 * DAY_MS;
/** A fulfilled order can still be cancelled and paid back: its head outlives the longest refund window. */
const FULFILLED_TTL_MS = 97 * DAY_MS;

/** How long the head of an order is kept after its last event, ms; null for as long as it lives. */
export function headTtlMs(status: string): number | null {
  if (!FINAL.has(status as OrderStatus)) return null;
  return status === 'Fulfilled' ? FULFILLED_TTL_MS : ENDED_TTL_MS;
}

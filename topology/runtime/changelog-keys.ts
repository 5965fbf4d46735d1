import type { AnyOrderEvent } from '../../schemas/types.ts';

const CANCEL = '#cancel';
const OVERTAKEN = '#overtaken:';

/** What a record of the changelog tells, by its key. No order id holds a `#`. */
export type ChangelogKey =
  /** The order's newest event, or one that a newer one has taken the place of. */
  | { kind: 'order'; orderId: string }
  /** The command or timer that asks for the order to be cancelled, of the node that took it. */
  | { kind: 'cancel'; orderId: string }
  /** An event of a step that was not committed when an interrupt moved the order on. */
  | { kind: 'overtaken'; orderId: string; step: string };

/** Of its own for every interrupt: written beside the chain it interrupts, it may come to stand before the chain's snapshot. */
export const orderKey = ({ orderId, order }: AnyOrderEvent): string => `${orderId}#${order.interrupts}`;

/** Of its own for every node that takes such inputs: one may hold where another does no longer. */
export const cancelKey = (orderId: string, node: string): string => `${orderId}${CANCEL}:${node}`;

export const overtakenKey = ({ orderId, version }: AnyOrderEvent, step: string): string => `${orderId}${OVERTAKEN}${version}:${step}`;

export function parseChangelogKey(key: string): ChangelogKey {
  const hash = key.indexOf('#');
  const orderId = key.slice(0, hash);
  if (key.startsWith(CANCEL, hash)) return { kind: 'cancel', orderId };
  if (!key.startsWith(OVERTAKEN, hash)) return { kind: 'order', orderId };
  return { kind: 'overtaken', orderId, step: key.slice(key.indexOf(':', hash + OVERTAKEN.length) + 1) };
}

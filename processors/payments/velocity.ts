import { createHash } from 'node:crypto';
import type { VelocityPort } from '../../connectors/ports/velocity.ts';
import type { Order } from '../../schemas/types.ts';

const HOUR_MS = 3_600_000;
const HEX_DIGITS = 32;

/** What orders are counted by, over which sliding window, and what a count adds to the score in thousandths. */
export interface Dimension {
  name: string;
  windowMs: number;
  /** Orders in the window that say nothing yet. */
  allowed: number;
  /** Points for each order above that. */
  perOrder: number;
  most: number;
  /** Hash that stands for the value; null where the order has none. Values never appear in clear. */
  hashOf(order: Order): string | null;
}

export const DIMENSIONS: readonly Dimension[] = [
  {
    name: 'customer',
    windowMs: HOUR_MS,
    allowed: 10,
    perOrder: 5,
    most: 80,
    hashOf: ({ customer }) => hash('customer', customer.customerId),
  },
  {
    name: 'token',
    windowMs: HOUR_MS,
    allowed: 5,
    perOrder: 10,
    most: 80,
    hashOf: ({ payment }) => hash('token', payment.token),
  },
  {
    name: 'token-day',
    windowMs: 24 * HOUR_MS,
    allowed: 20,
    perOrder: 5,
    most: 50,
    hashOf: ({ payment }) => hash('token', payment.token),
  },
  {
    name: 'email',
    windowMs: HOUR_MS,
    allowed: 10,
    perOrder: 5,
    most: 60,
    hashOf: ({ customer }) => customer.emailHash,
  },
  { name: 'device', windowMs: HOUR_MS, allowed: 10, perOrder: 5, most: 60, hashOf: ({ deviceHash }) => deviceHash },
];

export interface VelocityCount {
  dimension: Dimension;
  /** `<dimension>:<hash>` */
  key: string;
  /** Orders in the window, this one among them. */
  count: number;
}

/**
 * Counts the order in every dimension it has, as of `at` (ms, UTC), and answers how busy each is. Repeats count once.
 */
export async function countVelocity(order: Order, velocity: VelocityPort, at: number): Promise<VelocityCount[]> {
  const keyed = DIMENSIONS.flatMap((dimension) => {
    const value = dimension.hashOf(order);
    return value === null ? [] : [{ dimension, key: `${dimension.name}:${value}` }];
  });
  const windows = [...new Set(keyed.map(({ dimension }) => dimension.windowMs))];
  const counted = await Promise.all(
    windows.map(async (windowMs) => {
      const group = keyed.filter(({ dimension }) => dimension.windowMs === windowMs);
      const counts = await velocity.record(
        order.orderId,
        group.map(({ key }) => key),
        at,
        windowMs,
      );
      return group.map((one, index) => ({ ...one, count: counts[index] ?? 0 }));
    }),
  );
  return counted.flat();
}

/** Points a count adds. */
export function velocityPoints({ dimension, count }: VelocityCount): number {
  return Math.min(dimension.most, Math.max(0, count - dimension.allowed) * dimension.perOrder);
}

/** Labelled, so that a customer and a token of the same text are not counted as one. */
function hash(label: string, value: string): string {
  return createHash('sha256').update(`${label}|${value}`).digest('hex').slice(0, HEX_DIGITS);
}

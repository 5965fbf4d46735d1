import type { VelocityPort } from '../../connectors/ports/velocity.ts';

export interface MemoryVelocity extends VelocityPort {
  /** Times (ms) by order of every key. */
  snapshot(): Record<string, Record<string, number>>;
}

/** VelocityPort in this process's memory; nothing is trimmed, only left out of counts. */
export function openMemoryVelocity(): MemoryVelocity {
  const seen = new Map<string, Map<string, number>>();
  return {
    async record(orderId, keys, at, windowMs) {
      return keys.map((key) => {
        const orders = seen.get(key) ?? new Map<string, number>();
        seen.set(key, orders.set(orderId, Math.max(at, orders.get(orderId) ?? at)));
        return [...orders.values()].filter((time) => time > at - windowMs && time <= at).length;
      });
    },
    snapshot: () => Object.fromEntries([...seen].map(([key, orders]) => [key, Object.fromEntries(orders)])),
  };
}

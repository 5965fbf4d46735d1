import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { VelocityPort } from '../ports/velocity.ts';
import { redisFault } from '../redis-fault.ts';

type RecordCall = (keyCount: number, ...keysAndArguments: (string | number)[]) => Promise<number[]>;

export const VELOCITY_KEY_PREFIX = 'vel:';
export const velocityKey = (key: string): string => VELOCITY_KEY_PREFIX + key;

/**
 * Velocity on Redis: a sorted set of orders a key, one script a call. A repeat at a later time moves the order there. Sets are trimmed
 * to the window as they are written and expire a window after the last write; no epoch is needed, since an order counted before or
 * during a rebuild is counted once all the same.
 */
export function openRedisVelocity({ redis }: { redis: Redis }): VelocityPort {
  redis.defineCommand('velocity_record', { lua: readFileSync(new URL('./record.lua', import.meta.url), 'utf8') });
  const record = (redis as unknown as { velocity_record: RecordCall }).velocity_record.bind(redis);
  return {
    async record(orderId, keys, at, windowMs) {
      if (keys.length === 0) return [];
      try {
        return await record(keys.length, ...keys.map(velocityKey), orderId, at, windowMs);
      } catch (error) {
        throw redisFault(error);
      }
    },
  };
}

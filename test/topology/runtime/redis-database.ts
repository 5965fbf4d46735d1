import { Redis } from 'ioredis';
import { inject } from 'vitest';

/** A connection to a database of its own on the test stack's Redis, emptied. Each test file takes another number. */
export async function emptyRedisDatabase(db: number): Promise<Redis> {
  const redis = new Redis(inject('stack').redisUrl, { db });
  await redis.flushdb();
  return redis;
}

import { Redis } from 'ioredis';
import { createLog } from '../runtime/log.ts';
import { rebuild } from '../runtime/rebuild.ts';
import { attach } from './attach.ts';

/** Throws Redis's content away and makes it anew from the changelog; the processors wait meanwhile. */
export async function rebuildState(): Promise<void> {
  const { config, kafka, codec } = await attach();
  const redis = new Redis(config.redisUrl);
  try {
    console.log(JSON.stringify(await rebuild({ kafka, redis, codec, log: createLog('iaros', 'warn') })));
  } finally {
    redis.disconnect();
  }
}

import { Redis } from 'ioredis';
import { orderFlow } from '../order-flow.ts';
import { createLog } from '../runtime/log.ts';
import { rebuild } from '../runtime/rebuild.ts';
import { attach } from './attach.ts';

/** Throws Redis's content away and makes it anew from the changelog; the processors wait meanwhile. */
export async function rebuildState(): Promise<void> {
  const { config, kafka, codec } = await attach(['redis']);
  const redis = new Redis(config.redisUrl);
  process.stderr.write('rebuilding Redis from the changelog: the processors wait, and begin anew what they were at\n');
  try {
    const summary = await rebuild({ kafka, redis, codec, nodes: orderFlow.nodes, environment: config.environment, log: createLog('iaros', 'warn') });
    console.log(JSON.stringify(summary ?? { rebuilt: 'by another process, meanwhile' }));
  } finally {
    redis.disconnect();
  }
}

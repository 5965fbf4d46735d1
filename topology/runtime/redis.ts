import { Redis, type RedisOptions } from 'ioredis';
import { boundToRun } from './redis-run.ts';

/**
 * A Redis connection that sends the commands of one turn of the event loop in one write. Steps of many orders run side by side and send
 * a script each; a system call for each costs more than anything else in the process. Commands stay commands of their own, unlike in a
 * pipeline: replies, errors and order are as ever.
 */
class GatheringRedis extends Redis {
  override sendCommand(...args: Parameters<Redis['sendCommand']>): ReturnType<Redis['sendCommand']> {
    const { stream } = this;
    if (stream && 'cork' in stream && stream.writableCorked === 0) {
      stream.cork();
      setImmediate(() => stream.uncork());
    }
    return super.sendCommand(...args);
  }
}

/**
 * A connection that owes an answer for so long is dead, though nobody has closed it: a router forgot it, or the machine at the other end is
 * gone. It is given up and made anew.
 */
const SILENCE_MS = 5_000;

/**
 * Connects; reconnects by itself for ever, and then ends an epoch made in another run of the server. A command fails after two reconnections:
 * callers decide what that means.
 */
export function openRedis(url: string, options: Pick<RedisOptions, 'db' | 'commandTimeout' | 'lazyConnect'> = {}): Redis {
  return boundToRun(new GatheringRedis(url, { maxRetriesPerRequest: 2, socketTimeout: SILENCE_MS, connectTimeout: SILENCE_MS, ...options }));
}

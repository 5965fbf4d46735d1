import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { EPOCH_KEY } from './state-keys.ts';

/*
 * A server that starts again may have lost what it was told last, also where it keeps a file: that reaches the disk a moment later. So an
 * epoch, the name of Redis's content, begins with the id of the run it was made in, and ends with that run.
 */

export const PRESENT_RUN_SCRIPT = readFileSync(new URL('./scripts/present-run.lua', import.meta.url), 'utf8');

/** A name for content that is made in this run. */
export const newEpoch = (run: string): string => `${run}:${randomUUID()}`;

/** The id of the server's present run. Ends an epoch of another. */
export const presentRun = async (redis: Redis): Promise<string> =>
  String(await redis.eval(PRESENT_RUN_SCRIPT, 1, EPOCH_KEY));

type ReadyCheck = (callback: (error: Error | null, info?: { run_id?: string }) => void) => void;

/**
 * Every connection that this client makes asks first which run it has come to, before anything is sent that waited for it or had no answer on
 * the one before: it would otherwise be done on content that is not what it was meant for.
 */
export function boundToRun<Client extends Redis>(redis: Client): Client {
  const client = redis as unknown as { _readyCheck: ReadyCheck };
  const stock = client._readyCheck.bind(redis) as ReadyCheck;
  let known: string | undefined;
  client._readyCheck = (callback) =>
    stock((error, info) => {
      if (error || (known !== undefined && info?.run_id === known)) return callback(error, info);
      const asking = redis.duplicate({ lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
      asking.on('error', () => undefined);
      presentRun(asking)
        .then((run) => {
          known = run;
          callback(null, info);
        }, callback)
        .finally(() => asking.disconnect());
    });
  return redis;
}

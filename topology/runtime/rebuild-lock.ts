import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { presentRun } from './redis-run.ts';

const LOCK_KEY = 'rebuild-lock';
const TTL_MS = 15_000;
const RENEW_MS = 3_000;
/** Arguments in one script call; Lua cannot spread many thousands. */
const ARGUMENTS_PER_CALL = 3_000;
/** Calls sent without waiting for an answer between them; Redis keeps their order. */
const CALLS_UNDER_WAY = 64;

/** A write to one key: command, key, arguments. */
export type FencedCommand = readonly [command: string, key: string, ...args: (string | number | Buffer)[]];

/** Thrown when another process has taken the lock, or the server has started again and may have lost what was written: whatever this one was doing must stop. */
export class RebuildLockLost extends Error {
  override name = 'RebuildLockLost';
}

type ScriptCall = (keyCount: number, ...keysAndArguments: (string | number | Buffer)[]) => Promise<unknown>;

/** The right to rewrite Redis's content, in one run of the server. Held by one process at a time, and checked by Redis together with every write made under it. */
export class RebuildLock {
  readonly #redis: Redis;
  readonly #token: string;
  /** The server's run in which the lock holds. */
  readonly run: string;
  readonly #fenced: ScriptCall;
  readonly #renewal: NodeJS.Timeout;

  private constructor(redis: Redis, token: string, run: string) {
    this.#redis = redis;
    this.#token = token;
    this.run = run;
    redis.defineCommand('rebuild_fenced', {
      lua: readFileSync(new URL('./scripts/fenced.lua', import.meta.url), 'utf8'),
    });
    this.#fenced = (redis as unknown as { rebuild_fenced: ScriptCall }).rebuild_fenced.bind(redis);
    // A renewal that fails shows in the next write.
    this.#renewal = setInterval(() => void this.write([['PEXPIRE', LOCK_KEY, TTL_MS]]).catch(() => undefined), RENEW_MS);
  }

  /** Null where another process holds it. */
  static async acquire(redis: Redis): Promise<RebuildLock | null> {
    const token = randomUUID();
    const run = await presentRun(redis);
    const taken = await redis.set(LOCK_KEY, token, 'PX', TTL_MS, 'NX');
    return taken ? new RebuildLock(redis, token, run) : null;
  }

  static async isHeld(redis: Redis): Promise<boolean> {
    return (await redis.exists(LOCK_KEY)) === 1;
  }

  /** Makes the writes in turn, each only while the lock is held. Throws RebuildLockLost. */
  async write(commands: readonly FencedCommand[]): Promise<void> {
    const underWay = new Set<Promise<void>>();
    for (const batch of batchesOf(commands)) {
      const call = this.#send(batch);
      underWay.add(call);
      call.then(() => underWay.delete(call), () => undefined);
      if (underWay.size >= CALLS_UNDER_WAY) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  async #send(batch: readonly FencedCommand[]): Promise<void> {
    const keys = batch.map(([, key]) => key);
    const args = batch.flatMap(([command, , ...rest]) => [command, rest.length, ...rest]);
    try {
      await this.#fenced(keys.length + 1, LOCK_KEY, ...keys, this.#token, this.run, ...args);
    } catch (error) {
      if (error instanceof Error && error.message.includes('LOCKLOST'))
        throw new RebuildLockLost('another process rebuilds Redis, or Redis has started again');
      throw error;
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#renewal);
    await this.write([['DEL', LOCK_KEY]]).catch((error: unknown) => {
      if (!(error instanceof RebuildLockLost)) throw error;
    });
  }
}

function* batchesOf(commands: readonly FencedCommand[]): Generator<FencedCommand[]> {
  let batch: FencedCommand[] = [];
  let size = 0;
  for (const command of commands) {
    if (batch.length > 0 && size + command.length > ARGUMENTS_PER_CALL) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(command);
    size += command.length;
  }
  if (batch.length > 0) yield batch;
}

import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { redisFault, stateLost } from '../redis-fault.ts';
import { countersKey, entriesKey, type FlightDate } from './flight-key.ts';

const EPOCH_KEY = 'redis-epoch';
const SCRIPTS = ['hold', 'undo', 'confirm', 'release'] as const;
type ScriptName = (typeof SCRIPTS)[number];
type Reply = string | number | string[];
type ScriptCall = (...keysAndArguments: (string | number)[]) => Promise<Reply>;

export interface InventoryClient {
  run(script: ScriptName, flight: FlightDate, ...args: (string | number)[]): Promise<Reply>;
  /** Counter hashes of the flights, all read from one and the same content of Redis. */
  counters(flights: readonly FlightDate[]): Promise<Record<string, string>[]>;
}

/** Scripts on one flight-date each, run under the epoch Redis is known to hold; TransientFault STATELOST where it holds another. */
export function openInventoryClient(redis: Redis, currentEpoch: () => Promise<string | null>): InventoryClient {
  const scripts = defineScripts(redis);
  let known: string | null = null;

  async function under<Value>(call: (epoch: string) => Promise<Value>): Promise<Value> {
    try {
      known ??= await currentEpoch();
      if (known === null) throw stateLost();
      return await call(known);
    } catch (error) {
      const fault = redisFault(error);
      if (fault instanceof Error && fault.message === 'STATELOST') known = null;
      throw fault;
    }
  }

  return {
    run: (script, flight, ...args) =>
      under((epoch) => scripts[script](EPOCH_KEY, countersKey(flight), entriesKey(flight), epoch, ...args)),

    counters: (flights) =>
      under(async (epoch) => {
        const pipeline = redis.pipeline();
        for (const flight of flights) pipeline.hgetall(countersKey(flight));
        // An epoch never comes back: holding it after the reads, Redis held it during them.
        const replies = (await pipeline.get(EPOCH_KEY).exec()) ?? [];
        for (const [error] of replies) if (error) throw error;
        if (replies.at(-1)?.[1] !== epoch) throw stateLost();
        return replies.slice(0, -1).map(([, counters]) => counters as Record<string, string>);
      }),
  };
}

function defineScripts(redis: Redis): Record<ScriptName, ScriptCall> {
  const calls = SCRIPTS.map((script) => {
    const command = `inventory_${script}`;
    redis.defineCommand(command, {
      numberOfKeys: 3,
      lua: readFileSync(new URL(`./scripts/${script}.lua`, import.meta.url), 'utf8'),
    });
    const call = (redis as unknown as Record<string, ScriptCall>)[command] as ScriptCall;
    return [script, call.bind(redis)] as const;
  });
  return Object.fromEntries(calls) as Record<ScriptName, ScriptCall>;
}

import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { InventoryChanges } from '../ports/inventory.ts';
import { redisFault, stateLost } from '../redis-fault.ts';
import { CHANGES_KEPT, CHANGES_KEY, countersKey, entriesKey, type FlightDate, flightOf } from './flight-key.ts';

const EPOCH_KEY = 'redis-epoch';
const SCRIPTS = ['hold', 'undo', 'confirm', 'release'] as const;
type ScriptName = (typeof SCRIPTS)[number];
type Reply = string | number | string[];
type ScriptCall = (...keysAndArguments: (string | number)[]) => Promise<Reply>;

export interface InventoryClient {
  run(script: ScriptName, flight: FlightDate, ...args: (string | number)[]): Promise<Reply>;
  /** Counter hashes of the flights, all read from one and the same content of Redis. */
  counters(flights: readonly FlightDate[]): Promise<Record<string, string>[]>;
  /** As InventoryPort's. The cursor is the epoch and the number of changes made under it. */
  changes(since: string | null): Promise<InventoryChanges>;
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
      under((epoch) =>
        scripts[script](EPOCH_KEY, countersKey(flight), entriesKey(flight), CHANGES_KEY, epoch, ...args),
      ),

    counters: (flights) =>
      under(async (epoch) => {
        const reads = flights.map((flight) => ['hgetall', countersKey(flight)]);
        // An epoch never comes back: holding it after the reads, Redis held it during them.
        const replies = await readTogether(redis, [...reads, ['get', EPOCH_KEY]]);
        if (replies.at(-1) !== epoch) throw stateLost();
        return replies.slice(0, -1) as Record<string, string>[];
      }),

    changes: (since) =>
      under(async (epoch) => {
        const [knownEpoch, seen] = since?.split(' ') ?? [];
        const from = knownEpoch === epoch ? Number(seen) : Infinity;
        // The count is read first: what comes between the two reads is told once more the next time.
        const [counted, changed, held] = await readTogether(redis, [
          ['zscore', CHANGES_KEY, ''],
          ['zrangebyscore', CHANGES_KEY, `(${from === Infinity ? 'inf' : from}`, '+inf'],
          ['get', EPOCH_KEY],
        ]);
        if (held !== epoch) throw stateLost();
        const count = Number(counted ?? 0);
        const traced = count >= from && count - from < CHANGES_KEPT;
        const flights = (changed as string[]).filter((key) => key !== '').map(flightOf);
        return { cursor: `${epoch} ${count}`, flights: traced ? flights : null };
      }),
  };
}

/** Commands in one write, their replies in turn; throws the first fault among them. */
async function readTogether(redis: Redis, commands: (string | number)[][]): Promise<unknown[]> {
  const replies = (await redis.pipeline(commands).exec()) ?? [];
  for (const [error] of replies) if (error) throw error;
  return replies.map(([, reply]) => reply);
}

const sourceOf = (name: string): string => readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
/** What the scripts have in common. */
const CHANGED = sourceOf('changed');

function defineScripts(redis: Redis): Record<ScriptName, ScriptCall> {
  const calls = SCRIPTS.map((script) => {
    const command = `inventory_${script}`;
    redis.defineCommand(command, {
      numberOfKeys: 4,
      lua: `${CHANGED}\n${sourceOf(script)}`,
    });
    const call = (redis as unknown as Record<string, ScriptCall>)[command] as ScriptCall;
    return [script, call.bind(redis)] as const;
  });
  return Object.fromEntries(calls) as Record<ScriptName, ScriptCall>;
}

import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { BegunEpochs } from './begun-epochs.ts';
import { packEvents, unpackEvents } from './packed-events.ts';
import {
  EARLY_MARK_TTL_MS,
  EPOCH_KEY,
  headKey,
  headTtlMs,
  JOURNAL_TTL_MS,
  journalKey,
  markKey,
  NOTE_TTL_MS,
  parseTimerMember,
  TIMERS_KEY,
  timerMember,
} from './state-keys.ts';
import { type Begin, type Completed, type Mark, type Noted, type OrderState, type Replay, StateLost } from './state.ts';

type Argument = string | number | Buffer;
type Reply = Buffer | null | Reply[];
type ScriptCall = (keyCount: number, ...keysAndArguments: Argument[]) => Promise<Reply>;

const SCRIPTS = ['begin', 'complete', 'read', 'note', 'pending', 'trim', 'due-timers', 'disarm'] as const;
type ScriptName = (typeof SCRIPTS)[number];

/** Orders or timers in one script call, which holds up all others for as long as it runs. */
const KEYS_PER_CALL = 500;

/**
 * OrderState on Redis: one script a call, all refusing with StateLost while Redis does not hold the epoch this process knows.
 * A step is bound to the epoch it began under, so that effects it had on Redis before a rebuild are never completed after it.
 * `close()` forgets the epoch and leaves the connection to its owner. Plain connections measure faster here than auto-pipelined ones.
 */
export function openRedisState({
  redis,
  log,
}: {
  redis: Redis;
  log: Pick<Logger, 'warn'>;
}): OrderState & { close(): Promise<void> } {
  const call = defineScripts(redis);
  const begun = new BegunEpochs();
  let known: Promise<string | null> | null = null;

  async function currentEpoch(): Promise<string> {
    known ??= redis.get(EPOCH_KEY).catch((error: unknown) => {
      known = null;
      throw error;
    });
    const epoch = await known;
    if (epoch === null) {
      known = null;
      throw new StateLost('Redis holds no epoch');
    }
    return epoch;
  }

  async function run(name: ScriptName, keys: string[], args: Argument[], epoch?: string): Promise<Reply> {
    epoch ??= await currentEpoch();
    try {
      return await call[name](keys.length + 1, EPOCH_KEY, ...keys, epoch, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('STATELOST')) throw error;
      known = null;
      log.warn({ script: name }, 'Redis holds another epoch than expected, or none');
      throw new StateLost('Redis holds another epoch');
    }
  }

  /** As `run`, for a call that ends what `begin`, `read` or an earlier completion of the order began, and under their epoch. */
  async function goOn(orderId: string, name: ScriptName, keys: string[], args: Argument[]): Promise<Reply> {
    const epoch = begun.of(orderId) ?? (await currentEpoch());
    begun.note(orderId, epoch);
    try {
      return await run(name, keys, args, epoch);
    } catch (error) {
      begun.forget(orderId);
      throw error;
    }
  }

  async function startUnder(orderId: string): Promise<string> {
    const epoch = await currentEpoch();
    begun.note(orderId, epoch);
    return epoch;
  }

  return {
    async begin(orderId, step, version, divertible) {
      const keys = [headKey(orderId), journalKey(orderId), markKey(orderId)];
      const args = [step, version, divertible ? 1 : 0];
      return outcome(await run('begin', keys, args, await startUnder(orderId))) as Begin;
    },

    async complete({ orderId, step, fromVersion, clearsMark, events, head, timer }) {
      const keys = [headKey(orderId), journalKey(orderId), markKey(orderId), TIMERS_KEY];
      // The head's event is the last of the packed ones; the script cuts it out, so it travels once.
      const next = [head.version, head.status, head.atRest ? 1 : 0, (events.at(-1) as Buffer).length];
      const due = [timerMember(orderId, timer?.kind ?? 'hold_expiry'), timer?.dueAt ?? ''];
      const kept = [headTtlMs(head.status) ?? '', JOURNAL_TTL_MS];
      const args = [step, fromVersion, clearsMark ? 1 : 0, packEvents(events), ...next, ...due, ...kept];
      return outcome(await goOn(orderId, 'complete', keys, args)) as Completed;
    },

    async read(orderId) {
      const keys = [headKey(orderId), markKey(orderId)];
      const reply = (await run('read', keys, [], await startUnder(orderId))) as (Buffer | null)[];
      const [version, status, atRest, event, mark] = reply;
      const head = version && status && atRest && event;
      return {
        head: head
          ? { version: Number(version), status: status.toString(), atRest: atRest.toString() === '1', event }
          : null,
        mark: mark ? parseMark(mark) : null,
      };
    },

    async note({ orderId, step, version, mark, kept }) {
      const keys = [headKey(orderId), journalKey(orderId), markKey(orderId)];
      const args = [step, version, mark ? JSON.stringify(mark) : '', EARLY_MARK_TTL_MS, NOTE_TTL_MS, kept ? 'kept' : ''];
      return outcome(await goOn(orderId, 'note', keys, args)) as Noted;
    },

    async pending(orderId) {
      const reply = (await goOn(orderId, 'pending', [journalKey(orderId)], [])) as Buffer[];
      const steps = Array.from({ length: reply.length / 2 }, (_, at) => ({ step: String(reply[2 * at]), ...replay(reply[2 * at + 1] as Buffer) }));
      return steps.filter(({ events }) => events.length > 0).map(({ step, events }) => ({ step, events }));
    },

    async trim(orders) {
      for (let at = 0; at < orders.length; at += KEYS_PER_CALL) {
        const chunk = orders.slice(at, at + KEYS_PER_CALL);
        const keys = chunk.map(({ orderId }) => journalKey(orderId));
        await run(
          'trim',
          keys,
          chunk.flatMap(({ steps }) => [steps.length, ...steps]),
        );
      }
    },

    async dueTimers(now, limit) {
      const reply = (await run('due-timers', [TIMERS_KEY], [now, limit])) as Buffer[];
      return Array.from({ length: reply.length / 2 }, (_, at) => ({
        ...parseTimerMember(String(reply[2 * at])),
        dueAt: Number(reply[2 * at + 1]),
      }));
    },

    async disarm(timers) {
      for (let at = 0; at < timers.length; at += KEYS_PER_CALL) {
        const chunk = timers.slice(at, at + KEYS_PER_CALL);
        await run(
          'disarm',
          [TIMERS_KEY],
          chunk.flatMap((timer) => [timerMember(timer.orderId, timer.kind), timer.dueAt]),
        );
      }
    },

    epoch: () => redis.get(EPOCH_KEY),

    async close() {
      known = null;
    },
  };
}

function defineScripts(redis: Redis): Record<ScriptName, ScriptCall> {
  const calls = SCRIPTS.map((script) => {
    const command = `orderState_${script}`;
    redis.defineCommand(command, { lua: readFileSync(new URL(`./scripts/${script}.lua`, import.meta.url), 'utf8') });
    const bound = (redis as unknown as Record<string, ScriptCall>)[`${command}Buffer`] as ScriptCall;
    return [script, bound.bind(redis)] as const;
  });
  return Object.fromEntries(calls) as Record<ScriptName, ScriptCall>;
}

const parseMark = (json: Buffer): Mark => JSON.parse(json.toString()) as Mark;

/** What the journal holds of a step: its events, packed; of one that was noted nothing, or `kept` where its input is, which no packed events are. */
function replay(entry: Buffer): Replay {
  const kept = entry.toString('latin1') === 'kept';
  return { kind: 'replay', events: kept ? [] : unpackEvents(entry), kept };
}

/** begin.lua, complete.lua and note.lua answer [kind] or [kind, payload]. */
function outcome(reply: Reply): Begin | Completed | Noted {
  const [kind, payload] = reply as [Buffer, Buffer | undefined];
  switch (kind.toString()) {
    case 'run':
      return { kind: 'run' };
    case 'done':
      return { kind: 'done', mark: payload ? parseMark(payload) : null };
    case 'replay':
      return replay(payload as Buffer);
    case 'stale':
      return { kind: 'stale' };
    case 'behind':
      return { kind: 'behind' };
    case 'noted':
      return { kind: 'noted' };
    case 'moved':
      return { kind: 'moved' };
    case 'marked':
      return { kind: 'marked', mark: parseMark(payload as Buffer) };
    default:
      throw new Error(`state script answered ${kind.toString()}`);
  }
}

import { randomUUID } from 'node:crypto';
import {
  type Begin,
  type Completed,
  type Completion,
  type DueTimer,
  type Mark,
  type OrderHead,
  type OrderState,
  type Replay,
  StateLost,
} from '../../topology/runtime/state.ts';
import { parseTimerMember, timerMember } from '../../topology/runtime/state-keys.ts';

/** What a test may look at: plain copies. Timers as `<orderId>|<kind>` to due ms. */
export interface StateSnapshot {
  heads: Record<string, OrderHead>;
  marks: Record<string, Mark>;
  journals: Record<string, Record<string, Replay>>;
  timers: Record<string, number>;
}

export interface MemoryState extends OrderState {
  snapshot(): StateSnapshot;
  /** Drops everything, epoch included, as FLUSHALL would: every call throws StateLost from now on. */
  lose(): void;
  /** Ends the loss: empty, under a new epoch. */
  renew(): void;
  close(): Promise<void>;
}

/** OrderState in this process's memory, with the answers of the one on Redis; nothing in it ever expires. */
export function openMemoryState(): MemoryState {
  let epoch: string | null = randomUUID();
  const heads = new Map<string, OrderHead>();
  const marks = new Map<string, Mark>();
  const journals = new Map<string, Map<string, Replay>>();
  const timers = new Map<string, number>();
  const begun = new Map<string, string>();

  function present(): string {
    if (epoch === null) throw new StateLost('memory holds no epoch');
    return epoch;
  }

  /** A completion or mark goes on under the epoch its order was last met under. */
  function goOn(orderId: string): void {
    const under = begun.get(orderId) ?? epoch;
    begun.delete(orderId);
    if (epoch === null || under !== epoch) throw new StateLost('memory holds another epoch, or none');
    begun.set(orderId, epoch);
  }

  function journalled(orderId: string, step: string): Replay | null {
    const done = journals.get(orderId)?.get(step);
    return done ? { ...done, events: [...done.events] } : null;
  }

  function journal(orderId: string, step: string, done: Omit<Replay, 'kind'>): void {
    const steps = journals.get(orderId) ?? new Map<string, Replay>();
    journals.set(orderId, steps.set(step, { kind: 'replay', ...done }));
  }

  /** What journal and version say of a step, null where it may go on. */
  function passed(orderId: string, step: string, version: number): Begin | null {
    const done = journalled(orderId, step);
    if (done) return done;
    const known = heads.get(orderId)?.version ?? 0;
    if (known < version) return { kind: 'behind' };
    return known > version ? { kind: 'stale' } : null;
  }

  function write({ orderId, step, clearsMark, events, head, timer }: Completion): void {
    journal(orderId, step, { events: [...events], kept: false });
    heads.set(orderId, { ...head, event: events.at(-1) as Buffer });
    if (clearsMark) marks.delete(orderId);
    if (timer) timers.set(timerMember(orderId, timer.kind), timer.dueAt);
    else timers.delete(timerMember(orderId, 'hold_expiry'));
  }

  return {
    async begin(orderId, step, version, divertible) {
      begun.set(orderId, present());
      const outcome = passed(orderId, step, version);
      if (outcome) return outcome;
      const mark = marks.get(orderId);
      return mark && divertible ? { kind: 'marked', mark } : { kind: 'run' };
    },

    async complete(completion) {
      const { orderId, step, fromVersion } = completion;
      goOn(orderId);
      const outcome = passed(orderId, step, fromVersion);
      if (outcome) return outcome as Completed;
      write(completion);
      return { kind: 'done', mark: marks.get(orderId) ?? null };
    },

    async read(orderId) {
      begun.set(orderId, present());
      const head = heads.get(orderId);
      return { head: head ? { ...head } : null, mark: marks.get(orderId) ?? null };
    },

    async note({ orderId, step, version, mark, kept }) {
      goOn(orderId);
      const done = journalled(orderId, step);
      if (done) return done;
      if ((heads.get(orderId)?.version ?? 0) !== version) return { kind: 'moved' };
      journal(orderId, step, { events: [], kept });
      if (mark && !marks.has(orderId)) marks.set(orderId, { ...mark });
      return { kind: 'noted' };
    },

    async pending(orderId) {
      goOn(orderId);
      const steps = [...(journals.get(orderId) ?? [])].map(([step, { events }]) => ({ step, events: [...events] }));
      return steps.filter(({ events }) => events.length > 0);
    },

    async trim(orders) {
      present();
      for (const { orderId, steps } of orders) {
        const kept = journals.get(orderId);
        for (const step of steps) kept?.delete(step);
        if (kept?.size === 0) journals.delete(orderId);
      }
    },

    async dueTimers(now, limit) {
      present();
      return [...timers]
        .filter(([, dueAt]) => dueAt <= now)
        .sort(([a, dueA], [b, dueB]) => dueA - dueB || (a < b ? -1 : 1))
        .slice(0, limit)
        .map(([member, dueAt]): DueTimer => ({ ...parseTimerMember(member), dueAt }));
    },

    async disarm(fired) {
      present();
      for (const { orderId, kind, dueAt } of fired) {
        const member = timerMember(orderId, kind);
        if (timers.get(member) === dueAt) timers.delete(member);
      }
    },

    epoch: async () => epoch,

    snapshot: () => ({
      heads: Object.fromEntries(heads),
      marks: Object.fromEntries(marks),
      journals: Object.fromEntries([...journals].map(([orderId, steps]) => [orderId, Object.fromEntries(steps)])),
      timers: Object.fromEntries(timers),
    }),

    lose() {
      epoch = null;
      for (const content of [heads, marks, journals, timers]) content.clear();
    },

    renew() {
      epoch = randomUUID();
    },

    async close() {},
  };
}

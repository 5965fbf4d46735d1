import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Completion, type Mark, type Note, type OrderState, StateLost } from '../../topology/runtime/state.ts';

export interface OpenedState {
  state: OrderState;
  /** Drops the whole content, epoch included. */
  lose(): Promise<void>;
  /** Ends the loss: empty, under a new epoch. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

const MARK: Mark = { causationId: 'cmd-9', reason: 'customer_request', detail: 'changed plans' };
const OTHER: Mark = { causationId: 'cmd-10', reason: 'fraud_declined', detail: '' };
const bytes = (text: string): Buffer => Buffer.from([0, 255, ...Buffer.from(text)]);

function completion(orderId: string, version: number, changes: Partial<Completion> = {}): Completion {
  const event = bytes(`${orderId} v${version}`);
  return {
    orderId,
    step: `node:${version}`,
    fromVersion: version - 1,
    clearsMark: false,
    events: [event],
    head: { version, status: 'Received', atRest: false },
    timer: null,
    ...changes,
  };
}

const note = (orderId: string, version: number, changes: Partial<Note> = {}): Note => ({ orderId, step: 'cancel:9', version, mark: MARK, kept: true, ...changes });

/** What every OrderState has to do. `open` gives an empty store that holds an epoch. */
export function orderStateConformance(implementation: string, open: () => Promise<OpenedState>): void {
  describe(`OrderState conformance: ${implementation}`, () => {
    let opened: OpenedState;
    let state: OrderState;

    beforeEach(async () => {
      opened = await open();
      state = opened.state;
    });
    afterEach(() => opened.close());

    /** Takes an order through versions 1..n. */
    async function advance(orderId: string, to: number, changes: Partial<Completion> = {}): Promise<void> {
      for (let version = 1; version <= to; version += 1) {
        expect(await state.complete(completion(orderId, version, version === to ? changes : {}))).toEqual({
          kind: 'done',
          mark: null,
        });
      }
    }

    describe('begin', () => {
      it('runs a step that starts from the version the order has', async () => {
        expect(await state.begin('a', 'node:1', 0, true)).toEqual({ kind: 'run' });
        await advance('a', 2);
        expect(await state.begin('a', 'node:3', 2, true)).toEqual({ kind: 'run' });
      });

      it('replays a step that completed, whatever the version asked, with the bytes as they were', async () => {
        const events = [bytes('first'), Buffer.alloc(0), bytes('third')];
        await advance('a', 1, { events });
        await state.complete(completion('a', 2));
        expect(await state.begin('a', 'node:1', 0, true)).toEqual({ kind: 'replay', events, kept: false });
        expect(await state.begin('a', 'node:1', 7, true)).toEqual({ kind: 'replay', events, kept: false });
      });

      it('is stale where the order is past the version', async () => {
        await advance('a', 3);
        expect(await state.begin('a', 'other:1', 0, true)).toEqual({ kind: 'stale' });
        expect(await state.begin('a', 'other:1', 2, true)).toEqual({ kind: 'stale' });
      });

      it('is behind where the input proves more than the store knows', async () => {
        expect(await state.begin('a', 'node:2', 1, true)).toEqual({ kind: 'behind' });
        await advance('a', 2);
        expect(await state.begin('a', 'node:4', 3, true)).toEqual({ kind: 'behind' });
      });

      it('tells a divertible step of a mark, and lets others run', async () => {
        await advance('a', 1);
        await state.note(note('a', 1));
        expect(await state.begin('a', 'node:2', 1, true)).toEqual({ kind: 'marked', mark: MARK });
        expect(await state.begin('a', 'node:2', 1, false)).toEqual({ kind: 'run' });
      });

      it('tells the opener of a mark that was there before the order', async () => {
        await state.note(note('a', 0));
        expect(await state.begin('a', 'node:1', 0, true)).toEqual({ kind: 'marked', mark: MARK });
        expect(await state.begin('a', 'node:1', 0, false)).toEqual({ kind: 'run' });
      });
    });

    describe('complete', () => {
      it('writes head and journal', async () => {
        const head = { version: 1, status: 'PaymentPending', atRest: true };
        expect(await state.complete(completion('a', 1, { head, events: [bytes('first'), bytes('last')] }))).toEqual({ kind: 'done', mark: null });
        expect(await state.read('a')).toEqual({ head: { ...head, event: bytes('last') }, mark: null });
      });

      it('may move an order by several versions', async () => {
        const events = [bytes('one'), bytes('two')];
        await state.complete(completion('a', 2, { fromVersion: 0, events }));
        expect(await state.begin('a', 'node:2', 0, true)).toEqual({ kind: 'replay', events, kept: false });
        expect((await state.read('a')).head?.version).toBe(2);
      });

      it('answers a repeat with the first result and changes nothing', async () => {
        await advance('a', 2);
        const before = await state.read('a');
        const repeat = completion('a', 1, {
          events: [bytes('other')],
          head: { version: 9, status: 'Cancelled', atRest: true },
        });
        expect(await state.complete(repeat)).toEqual({ kind: 'replay', events: [bytes('a v1')], kept: false });
        expect(await state.read('a')).toEqual(before);
      });

      it('refuses a wrong version and writes nothing', async () => {
        await advance('a', 2);
        const before = await state.read('a');
        expect(await state.complete(completion('a', 2, { step: 'late:1' }))).toEqual({ kind: 'stale' });
        expect(await state.complete(completion('a', 5, { step: 'early:1' }))).toEqual({ kind: 'behind' });
        expect(await state.read('a')).toEqual(before);
        expect(await state.begin('a', 'late:1', 2, true)).toEqual({ kind: 'run' });
        expect(await state.begin('a', 'early:1', 2, true)).toEqual({ kind: 'run' });
      });

      it('lets exactly one of many racing steps through', async () => {
        const racing = Array.from({ length: 40 }, (_, at) =>
          state.complete(completion('a', 1, { step: `racer:${at}` })),
        );
        const kinds = (await Promise.all(racing)).map(({ kind }) => kind);
        expect(kinds.filter((kind) => kind === 'done')).toHaveLength(1);
        expect(kinds.filter((kind) => kind === 'stale')).toHaveLength(39);
      });

      it('tells of a mark, which stays', async () => {
        await advance('a', 1);
        await state.note(note('a', 1));
        expect(await state.complete(completion('a', 2))).toEqual({ kind: 'done', mark: MARK });
        expect((await state.read('a')).mark).toEqual(MARK);
      });

      it('takes the mark off when it answers it', async () => {
        await state.note(note('a', 0));
        expect(await state.complete(completion('a', 1, { clearsMark: true }))).toEqual({ kind: 'done', mark: null });
        expect((await state.read('a')).mark).toBeNull();
      });
    });

    describe('note', () => {
      it('leaves its mark on an order that stands where the caller saw it, or is still to come', async () => {
        expect(await state.note(note('new', 0))).toEqual({ kind: 'noted' });
        expect(await state.read('new')).toEqual({ head: null, mark: MARK });
        await advance('a', 2);
        expect(await state.note(note('a', 2))).toEqual({ kind: 'noted' });
        expect((await state.read('a')).mark).toEqual(MARK);
      });

      it('is not taken of an order that moved', async () => {
        await advance('a', 2);
        for (const late of [note('a', 0), note('a', 1), note('b', 1), note('a', 1, { mark: null })]) {
          expect(await state.note(late)).toEqual({ kind: 'moved' });
          expect((await state.read(late.orderId)).mark).toBeNull();
          expect(await state.begin(late.orderId, late.step, 0, false)).not.toMatchObject({ kind: 'replay' });
        }
      });

      it('leaves an earlier mark as it is', async () => {
        await state.note(note('a', 0));
        expect(await state.note(note('a', 0, { step: 'cancel:10', mark: OTHER }))).toEqual({ kind: 'noted' });
        expect((await state.read('a')).mark).toEqual(MARK);
      });

      it('answers its step from then on, wherever the order has come to', async () => {
        await state.note(note('a', 0));
        await state.note(note('a', 0, { step: 'cancel:late', mark: null, kept: false }));
        await advance('b', 1);
        await state.complete(completion('a', 1, { clearsMark: true }));
        const marked = { kind: 'replay', events: [], kept: true };
        expect(await state.begin('a', 'cancel:9', 0, false)).toEqual(marked);
        expect(await state.note(note('a', 1, { mark: null }))).toEqual(marked);
        expect(await state.complete(completion('a', 2, { step: 'cancel:9' }))).toEqual(marked);
        expect(await state.begin('a', 'cancel:late', 0, false)).toEqual({ kind: 'replay', events: [], kept: false });
        expect(await state.read('a')).toMatchObject({ head: { version: 1 }, mark: null });
        expect(await state.begin('b', 'cancel:9', 1, false)).toEqual({ kind: 'run' });
      });

      it('is not written over what the step came to before', async () => {
        await advance('a', 1);
        expect(await state.note(note('a', 1, { step: 'node:1' }))).toEqual({ kind: 'replay', events: [bytes('a v1')], kept: false });
        expect((await state.read('a')).mark).toBeNull();
      });
    });

    describe('pending', () => {
      it('names the steps whose events are in the journal, and no notes', async () => {
        await advance('a', 2);
        await advance('b', 1);
        await state.note(note('a', 2, { mark: null }));
        const pending = await state.pending('a');
        expect(pending.sort((one, other) => (one.step < other.step ? -1 : 1))).toEqual([
          { step: 'node:1', events: [bytes('a v1')] },
          { step: 'node:2', events: [bytes('a v2')] },
        ]);
        await state.trim([{ orderId: 'a', steps: ['node:1', 'node:2'] }]);
        expect(await state.pending('a')).toEqual([]);
        expect(await state.pending('unknown')).toEqual([]);
      });
    });

    describe('trim', () => {
      it('forgets the steps named and no others', async () => {
        await advance('a', 2);
        await advance('b', 1);
        await state.trim([
          { orderId: 'a', steps: ['node:1', 'unknown'] },
          { orderId: 'c', steps: [] },
        ]);
        expect(await state.begin('a', 'node:1', 0, true)).toEqual({ kind: 'stale' });
        expect(await state.begin('a', 'node:2', 1, true)).toEqual({ kind: 'replay', events: [bytes('a v2')], kept: false });
        expect(await state.begin('b', 'node:1', 0, true)).toEqual({ kind: 'replay', events: [bytes('b v1')], kept: false });
      });

      it('takes any number of orders', async () => {
        const orders = Array.from({ length: 1_203 }, (_, at) => `o${at}`);
        await Promise.all(orders.map((orderId) => state.complete(completion(orderId, 1))));
        await state.trim(orders.map((orderId) => ({ orderId, steps: ['node:1'] })));
        const begun = await Promise.all(orders.map((orderId) => state.begin(orderId, 'node:1', 0, true)));
        expect(new Set(begun.map(({ kind }) => kind))).toEqual(new Set(['stale']));
      });
    });

    describe('timers', () => {
      const arm = (orderId: string, version: number, dueAt: number): Promise<unknown> =>
        state.complete(completion(orderId, version, { timer: { kind: 'hold_expiry', dueAt } }));
      const due = (orderId: string, dueAt: number) => ({ orderId, kind: 'hold_expiry', dueAt }) as const;

      it('come due in order of time, and not before', async () => {
        await arm('late', 1, 1_800_000_000_300);
        await arm('early', 1, 1_800_000_000_100);
        await arm('odd|id', 1, 1_800_000_000_200);
        expect(await state.dueTimers(1_800_000_000_099, 10)).toEqual([]);
        expect(await state.dueTimers(1_800_000_000_200, 10)).toEqual([
          due('early', 1_800_000_000_100),
          due('odd|id', 1_800_000_000_200),
        ]);
        expect(await state.dueTimers(1_800_000_000_300, 1)).toEqual([due('early', 1_800_000_000_100)]);
      });

      it('move with the order and go when a step has none', async () => {
        await arm('a', 1, 100);
        await arm('a', 2, 200);
        expect(await state.dueTimers(1_000, 10)).toEqual([due('a', 200)]);
        await state.complete(completion('a', 3));
        expect(await state.dueTimers(1_000, 10)).toEqual([]);
      });

      it('are disarmed as fired, unless armed anew', async () => {
        await arm('a', 1, 100);
        await arm('b', 1, 100);
        const fired = await state.dueTimers(1_000, 10);
        await arm('b', 2, 500);
        await state.disarm(fired);
        expect(await state.dueTimers(1_000, 10)).toEqual([due('b', 500)]);
        await state.disarm([]);
      });
    });

    describe('loss', () => {
      it('refuses every call until the content is renewed', async () => {
        await advance('a', 1);
        await opened.lose();
        const calls = [
          () => state.begin('a', 'node:2', 1, true),
          () => state.complete(completion('a', 2)),
          () => state.read('a'),
          () => state.note(note('a', 1)),
          () => state.pending('a'),
          () => state.trim([{ orderId: 'a', steps: ['node:1'] }]),
          () => state.dueTimers(1, 1),
          () => state.disarm([{ orderId: 'a', kind: 'hold_expiry', dueAt: 1 }]),
        ];
        for (const call of calls) await expect(call()).rejects.toBeInstanceOf(StateLost);
        expect(await state.epoch()).toBeNull();
        await opened.renew();
        expect(await state.epoch()).toEqual(expect.any(String));
        await until(() => state.read('a'));
        expect(await state.begin('a', 'node:2', 1, true)).toEqual({ kind: 'behind' });
      });

      it('changes its epoch with every renewal', async () => {
        const before = await state.epoch();
        await opened.lose();
        await opened.renew();
        expect(await state.epoch()).not.toBe(before);
      });

      it('never completes a step under another epoch than it began under', async () => {
        expect(await state.begin('a', 'node:1', 0, true)).toEqual({ kind: 'run' });
        await opened.lose();
        await opened.renew();
        await until(() => state.read('b'));
        await expect(state.complete(completion('a', 1))).rejects.toBeInstanceOf(StateLost);
        expect((await state.read('a')).head).toBeNull();
        expect(await state.begin('a', 'node:1', 0, true)).toEqual({ kind: 'run' });
        expect(await state.complete(completion('a', 1))).toEqual({ kind: 'done', mark: null });
      });
    });
  });
}

/** The first call after a renewal may still meet the old epoch; the one after it may not. */
async function until<Value>(call: () => Promise<Value>): Promise<Value> {
  return call().catch((error: unknown) => {
    if (error instanceof StateLost) return call();
    throw error;
  });
}

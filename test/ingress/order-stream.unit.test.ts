import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoredEvent } from '../../connectors/postgres/read-model.ts';
import type { LiveEvent } from '../../ingress/live.ts';
import { OrderStream } from '../../ingress/order-stream.ts';
import type { EventType } from '../../schemas/types.ts';
import { nextStatus, type OrderStatus, transitionOf } from '../../topology/order-states.ts';

const WAY: EventType[] = [
  'OrderReceived',
  'OrderValidated',
  'OrderScored',
  'InventoryHeld',
  'PaymentApproved',
  'InventoryConfirmed',
  'TicketIssued',
  'OrderConfirmed',
  'OrderFulfilled',
];
const REFUND: EventType[] = ['CancelRequested', 'RefundRequested', 'OrderRefunded'];

function eventsOf(types: readonly EventType[]): { stored: StoredEvent[]; live: LiveEvent[] } {
  let status: OrderStatus | 'new' = 'new';
  const stored = types.map((type, at): StoredEvent => {
    status = nextStatus(status, type) as OrderStatus;
    return { eventId: `e${at + 1}`, version: at + 1, type, status, occurredAt: at + 1 };
  });
  const live = stored.map(({ eventId, version, occurredAt }, at): LiveEvent => {
    const { to } = transitionOf(types[at] as EventType);
    return {
      orderId: 'A',
      eventId,
      type: types[at] as EventType,
      version,
      occurredAt,
      endsIn: to === 'same' ? null : to,
      value: Buffer.alloc(0),
    };
  });
  return { stored, live };
}

function open(after: number, known: StoredEvent[]) {
  const written: string[] = [];
  const [heartbeat, ended, fault, unwatched] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];
  let listener: (event: LiveEvent) => void = () => {};
  let failures = 0;
  const stream = new OrderStream({
    after,
    history: async () => {
      if (failures > 0) {
        failures -= 1;
        throw new Error('no database');
      }
      return [...known];
    },
    watch: (given) => {
      listener = given;
      return unwatched;
    },
    write: ({ version, event, status }) => written.push(`${version} ${event} ${status}`),
    heartbeat,
    ended,
    fault,
    heartbeatMs: 15_000,
    graceMs: 1_000,
    gapMs: 250,
  });
  return {
    stream,
    written,
    heartbeat,
    ended,
    fault,
    unwatched,
    tell: (event: LiveEvent) => listener(event),
    fail: (times: number) => (failures = times),
  };
}

const expected = (types: readonly EventType[], from = 1): string[] =>
  eventsOf(types)
    .stored.slice(from - 1)
    .map(({ version, type, status }) => `${version} ${type} ${status}`);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("an order's stream", () => {
  it('begins with the whole history', async () => {
    const { stored } = eventsOf(WAY.slice(0, 4));
    const { written } = open(0, stored);
    await vi.advanceTimersByTimeAsync(0);
    expect(written).toEqual(expected(WAY.slice(0, 4)));
  });

  it('goes on after the version seen last', async () => {
    const { stored, live } = eventsOf(WAY);
    const { written, tell } = open(4, stored.slice(0, 6));
    tell(live[6]!);
    await vi.advanceTimersByTimeAsync(0);
    expect(written).toEqual(expected(WAY, 5).slice(0, 3));
  });

  it('writes each version once and in order, whatever the live order, the repeats and the lag of the history', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 9 }),
        fc.array(fc.nat({ max: 11 }), { maxLength: 30 }),
        fc.array(fc.nat({ max: 12 }), { maxLength: 5 }),
        async (after, told, lags) => {
          const types = [...WAY, ...REFUND];
          const { stored, live } = eventsOf(types);
          const known: StoredEvent[] = [];
          const { written, tell, stream } = open(after, known);
          for (const [at, index] of told.entries()) {
            tell(live[index]!);
            const lag = lags[at];
            if (lag !== undefined) known.splice(0, known.length, ...stored.slice(0, Math.max(lag, known.length)));
            await vi.advanceTimersByTimeAsync(100);
          }
          known.splice(0, known.length, ...stored);
          await vi.advanceTimersByTimeAsync(20_000);
          stream.close();
          const all = expected(types, after + 1);
          expect(all.slice(0, written.length)).toEqual(written);
          // It may have ended at Fulfilled before the refund was known.
          expect(written.length === all.length || written.at(-1)?.endsWith('Fulfilled') || after === 9).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('goes on after Fulfilled where the history lags behind what was told live', async () => {
    const types = [...WAY, ...REFUND];
    const { stored, live } = eventsOf(types);
    const known = stored.slice(0, 9);
    const { written, ended, tell } = open(0, known);
    await vi.advanceTimersByTimeAsync(0);
    tell(live[10]!);
    tell(live[9]!);
    expect(written).toEqual(expected(types.slice(0, 11)));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ended).not.toHaveBeenCalled();
    known.push(...stored.slice(9));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(written).toEqual(expected(types));
  });

  it('fills a gap from the history as soon as that has it', async () => {
    const { stored, live } = eventsOf(WAY);
    const known = stored.slice(0, 2);
    const { written, tell } = open(0, known);
    await vi.advanceTimersByTimeAsync(0);
    tell(live[4]!);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(written).toHaveLength(2);
    known.push(...stored.slice(2, 4));
    await vi.advanceTimersByTimeAsync(250);
    expect(written).toEqual(expected(WAY.slice(0, 5)));
  });

  it('finds at a heartbeat what was never told', async () => {
    const { stored } = eventsOf(WAY);
    const known = stored.slice(0, 1);
    const { written, heartbeat } = open(0, known);
    await vi.advanceTimersByTimeAsync(14_000);
    known.push(...stored.slice(1, 3));
    expect(heartbeat).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heartbeat).toHaveBeenCalledTimes(1);
    expect(written).toHaveLength(3);
  });

  it('ends a while after the order has', async () => {
    const { stored, live } = eventsOf(WAY);
    const { tell, ended, unwatched } = open(0, stored.slice(0, 8));
    await vi.advanceTimersByTimeAsync(0);
    tell(live[8]!);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalledTimes(1);
    expect(unwatched).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([9, 12, 1_000])('ends soon where the client has seen the end already (version %i)', async (after) => {
    const { written, ended } = open(after, eventsOf(WAY).stored);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toHaveBeenCalledTimes(1);
    expect(written).toEqual([]);
  });

  it('stays open where the order moves on from its end', async () => {
    const { stored, live } = eventsOf([...WAY, ...REFUND]);
    const { tell, ended, written } = open(0, stored.slice(0, 9));
    await vi.advanceTimersByTimeAsync(500);
    tell(live[9]!);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ended).not.toHaveBeenCalled();
    tell(live[10]!);
    tell(live[11]!);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toHaveBeenCalledTimes(1);
    expect(written).toEqual(expected([...WAY, ...REFUND]));
  });

  it('outlives a history that cannot be read for a while', async () => {
    const { stored } = eventsOf(WAY.slice(0, 2));
    const rig = open(0, stored);
    rig.stream.close();
    const again = open(0, stored);
    again.fail(3);
    await vi.advanceTimersByTimeAsync(16_000);
    expect(again.written).toEqual(expected(WAY.slice(0, 2)));
    expect(rig.written).toEqual([]);
  });

  it('does nothing more once closed', async () => {
    const { stored, live } = eventsOf(WAY);
    const { stream, written, tell, heartbeat, ended } = open(0, stored);
    stream.close();
    tell(live[0]!);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([written, heartbeat.mock.calls, ended.mock.calls]).toEqual([[], [], []]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

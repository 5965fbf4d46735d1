import { describe, expect, it, vi } from 'vitest';
import { LiveEvents, type LiveEvent } from '../../ingress/live.ts';

const headers = (type: string, version: number | string, time = '2026-11-22T10:00:00Z') => ({
  ce_type: Buffer.from(type),
  'order-version': Buffer.from(String(version)),
  ce_time: Buffer.from(time),
  ce_id: Buffer.from(`e${version}`),
});
const record = (key: string, type: string, version: number | string) => ({
  key: Buffer.from(key),
  value: Buffer.from([0]),
  headers: headers(type, version),
});

describe('live events', () => {
  it('reach those who watch their order, and nobody else', () => {
    const live = new LiveEvents();
    const seen: LiveEvent[] = [];
    live.watch('A', (event) => seen.push(event));
    live.dispatch(record('B', 'OrderReceived', 1));
    live.dispatch(record('A', 'OrderValidated', 2));
    expect(seen).toEqual([
      {
        orderId: 'A',
        eventId: 'e2',
        type: 'OrderValidated',
        version: 2,
        occurredAt: Date.UTC(2026, 10, 22, 10),
        endsIn: 'Validated',
        value: Buffer.from([0]),
      },
    ]);
  });

  it('say which status they bring, or that they keep the one before', () => {
    const live = new LiveEvents();
    const seen: (string | null)[] = [];
    live.watch('A', ({ endsIn }) => seen.push(endsIn));
    for (const type of ['OrderScored', 'CancelRequested', 'OrderCancelled']) live.dispatch(record('A', type, 1));
    expect(seen).toEqual([null, null, 'Cancelled']);
  });

  it.each([
    ['of another type', record('A', 'TimerFired', 1)],
    ['without headers', { key: 'A', value: Buffer.from([0]) }],
    [
      'without a version',
      { ...record('A', 'OrderReceived', 1), headers: { ce_type: 'OrderReceived', ce_time: '2026-11-22T10:00:00Z' } },
    ],
    ['with a version that is no number', record('A', 'OrderReceived', 'x')],
    ['without a value', { ...record('A', 'OrderReceived', 1), value: null }],
    ['without a key', { ...record('A', 'OrderReceived', 1), key: null }],
  ])('are none where the record is %s', (_how, bad) => {
    const live = new LiveEvents();
    const seen = vi.fn();
    live.watch('A', seen);
    live.dispatch(bad);
    expect(seen).not.toHaveBeenCalled();
  });

  it('stop coming once the watch ends, and leave nothing behind', () => {
    const live = new LiveEvents();
    const seen = vi.fn();
    const [first, second] = [live.watch('A', seen), live.watch('A', seen)];
    first();
    live.dispatch(record('A', 'OrderReceived', 1));
    expect(seen).toHaveBeenCalledTimes(1);
    second();
    second();
    expect(live.watched).toBe(0);
  });

  it('are waited for until one fits', async () => {
    const live = new LiveEvents();
    const waiter = live.waitFor('A', ({ endsIn }) => endsIn === 'Fulfilled', 5_000);
    live.dispatch(record('A', 'OrderConfirmed', 8));
    live.dispatch(record('A', 'OrderFulfilled', 9));
    expect(await waiter.found).toMatchObject({ version: 9 });
    expect(live.watched).toBe(0);
  });

  it('are waited for no longer than asked, nor past a cancel or a close', async () => {
    vi.useFakeTimers();
    try {
      const live = new LiveEvents();
      const late = live.waitFor('A', () => true, 1_000);
      const cancelled = live.waitFor('B', () => true, 1_000);
      const closed = live.waitFor('C', () => true, 60_000);
      cancelled.cancel();
      await vi.advanceTimersByTimeAsync(1_000);
      live.close();
      expect(await Promise.all([late.found, cancelled.found, closed.found])).toEqual([null, null, null]);
      expect(live.watched).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are read only for orders somebody wants', () => {
    const live = new LiveEvents();
    const see = vi.fn();
    live.observe({ wants: (orderId) => orderId === 'A', see });
    live.dispatch(record('A', 'OrderReceived', 1));
    live.dispatch({
      key: 'B',
      value: Buffer.from([0]),
      get headers(): never {
        throw new Error('nobody asked');
      },
    });
    expect(see).toHaveBeenCalledTimes(1);
  });
});

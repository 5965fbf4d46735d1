import { expect, test } from 'vitest';
import type { StillOrder } from '../../../connectors/postgres/stuck-orders.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { DEADLINES, FINAL, nextStatus, restsAfter, STATUSES, TRANSITIONS } from '../../../topology/order-states.ts';
import { dueAt, moverOf, stillQuery } from '../../../topology/runtime/stuck-order.ts';

const TIMEOUT = 30_000;
const still = (change: Partial<StillOrder>): StillOrder => ({
  orderId: 'O-1', version: 3, status: 'Validated', type: 'OrderScored', topic: 'orders.scored.v1', partition: 0, offset: '5',
  updatedAt: 1_000, holdUntil: null, drives: 0, drivenAt: null, parkedAt: null, reason: '', ...change,
});

test('wherever an order does not rest somebody has to move it on, by a topic that only that node reads', () => {
  for (const { event, from } of TRANSITIONS) {
    for (const before of from) {
      const status = nextStatus(before, event);
      if (!status) continue;
      const order = still({ status, type: event });
      if (restsAfter(event, status) && FINAL.has(status)) expect([event, dueAt(order, TIMEOUT)]).toEqual([event, null]);
      else expect([event, moverOf(orderFlow, order)?.topic]).toEqual([event, expect.stringMatching(/^internal\./)]);
    }
  }
});

test('an order is due after its status’s deadline, and after a drive as long again', () => {
  const patience = DEADLINES.Validated * TIMEOUT;
  expect(dueAt(still({}), TIMEOUT)).toBe(1_000 + patience);
  expect(dueAt(still({ drives: 1, drivenAt: 500_000 }), TIMEOUT)).toBe(500_000 + patience);
});

test('one that waits for its payer is due once its hold has lapsed, and is moved by the timer', () => {
  const waiting = still({ status: 'PaymentPending', type: 'PaymentChallenged', holdUntil: 900_000 });
  expect(dueAt(waiting, TIMEOUT)).toBe(900_000 + DEADLINES.PaymentPending * TIMEOUT);
  expect(moverOf(orderFlow, waiting)).toMatchObject({ node: { name: 'expire-holds' }, byTimer: true, topic: 'internal.timers.v1' });
  const cancelled = still({ status: 'PaymentPending', type: 'CancelRequested', holdUntil: 900_000 });
  expect(dueAt(cancelled, TIMEOUT)).toBe(1_000 + DEADLINES.PaymentPending * TIMEOUT);
  expect(moverOf(orderFlow, cancelled)).toMatchObject({ node: { name: 'release' }, byTimer: false });
});

test('a fulfilled order that is being cancelled is due like any other', () => {
  expect(dueAt(still({ status: 'Fulfilled', type: 'CancelRequested' }), TIMEOUT)).toBe(1_000 + DEADLINES.Fulfilled * TIMEOUT);
  expect(dueAt(still({ status: 'Fulfilled', type: 'OrderFulfilled' }), TIMEOUT)).toBeNull();
});

test('what is asked of Postgres misses no order that is due', () => {
  const { statuses, waitingTypes, before } = stillQuery(1_000_000, TIMEOUT, false);
  expect([...statuses].sort()).toEqual(STATUSES.filter((status) => !FINAL.has(status)).sort());
  expect(waitingTypes).toEqual(['PaymentChallenged']);
  for (const status of STATUSES) expect(1_000_000 - before).toBeLessThanOrEqual(DEADLINES[status] * TIMEOUT);
});

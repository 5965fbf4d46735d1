import { expect, test } from 'vitest';
import { expireHolds } from '../../../processors/inventory/expire-holds.ts';
import type { TimerFired } from '../../../schemas/types.ts';
import { context, current, frozen, held, NOW, priced, settings, sold } from '../given.ts';

const dueAt = NOW + settings.holdMs;
const timer: TimerFired = { timerId: 't-1', orderId: 'O-1', kind: 'hold_expiry', dueAt };
const due = context({}, { now: dueAt });

test('an order that waits for its payer is cancelled', () => {
  const before = frozen(held());
  const outcome = expireHolds(timer, current('PaymentPending', true, before), due);
  expect(outcome).toEqual({
    kind: 'move',
    drafts: [
      {
        type: 'CancelRequested',
        order: { ...before, interrupts: 1, closure: { reason: 'hold_expired', detail: expect.any(String) } },
      },
    ],
  });
});

test.each(['InventoryHold', 'PaymentApproved'])('an order in flight in %s is marked', (status) => {
  expect(expireHolds(timer, current(status, false, held()), due)).toMatchObject({
    kind: 'mark',
    reason: 'hold_expired',
  });
});

test.each([
  ['there is no order', null],
  ['the seats are sold', current('TicketIssued', false, sold())],
  ['no seats were held', current('Validated', false, priced())],
  ['the order is cancelled', current('Cancelled', true, held())],
  [
    'the order is closing',
    current('PaymentPending', true, held({ closure: { reason: 'customer_request', detail: '' } })),
  ],
  ['the hold was renewed', current('PaymentPending', true, held({ hold: { state: 'held', expiresAt: dueAt + 1 } }))],
])('nothing happens when %s', (_, found) => {
  expect(expireHolds(timer, found, due).kind).toBe('none');
});

test('a clock that lags behind the scheduler does not lose the expiry', () => {
  expect(expireHolds(timer, current('PaymentPending', true, held()), context({}, { now: dueAt - 5_000 })).kind).toBe(
    'move',
  );
});

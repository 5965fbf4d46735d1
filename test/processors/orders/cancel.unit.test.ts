import { expect, test } from 'vitest';
import { cancel } from '../../../processors/orders/cancel.ts';
import { AT_REST, PAST_CANCELLING, STATUSES } from '../../../topology/order-states.ts';
import { command, context, current, frozen, held, NOW, paid, sold } from '../given.ts';

const DAY_MS = 86_400_000;
const input = command({ kind: 'cancel', cancel: { reason: 'plans changed' } });

test('a cancellation that comes before its order waits for it', () => {
  expect(cancel(input, null, context())).toEqual({ kind: 'mark', reason: 'customer_request', detail: 'plans changed' });
});

test('an order in flight is marked', () => {
  expect(cancel(input, current('InventoryHold', false, held()), context())).toEqual({
    kind: 'mark',
    reason: 'customer_request',
    detail: 'plans changed',
  });
});

test.each(['PaymentPending', 'Fulfilled'])('an order at rest in %s is moved', (status) => {
  const before = frozen(paid('captured', { interrupts: 1 }));
  expect(cancel(input, current(status, true, before), context())).toEqual({
    kind: 'move',
    drafts: [
      {
        type: 'CancelRequested',
        order: { ...before, interrupts: 2, closure: { reason: 'customer_request', detail: 'plans changed' } },
      },
    ],
  });
});

test.each([...PAST_CANCELLING])('%s is past cancelling', (status) => {
  expect(cancel(input, current(status, true, held()), context()).kind).toBe('late');
  expect(cancel(input, current(status, false, held()), context()).kind).toBe('late');
});

test('every other status can be cancelled', () => {
  const open = STATUSES.filter((status) => !PAST_CANCELLING.has(status));
  const outcomes = open.map((status) => cancel(input, current(status, AT_REST.has(status), held()), context()).kind);
  expect(outcomes).toEqual(open.map((status) => (AT_REST.has(status) ? 'move' : 'mark')));
});

test('an order that is closing already keeps its first cause', () => {
  const closing = held({ closure: { reason: 'hold_expired', detail: '' } });
  expect(cancel(input, current('InventoryHold', false, closing), context()).kind).toBe('late');
});

test('a fulfilled order can be cancelled until the refund window ends', () => {
  const of = (placedAt: number) => cancel(input, current('Fulfilled', true, sold({ placedAt })), context()).kind;
  expect(of(NOW - 90 * DAY_MS)).toBe('move');
  expect(of(NOW - 90 * DAY_MS - 1)).toBe('none');
});

test('the window does not concern an order that was never fulfilled', () => {
  expect(cancel(input, current('PaymentPending', true, held({ placedAt: 0 })), context()).kind).toBe('move');
});

test('the reason is cut, and kept free of card numbers', () => {
  const detailOf = (reason: string) => {
    const outcome = cancel(command({ kind: 'cancel', cancel: { reason } }), null, context());
    return outcome.kind === 'mark' ? outcome.detail : null;
  };
  expect(detailOf('my card 4242 4242 4242 4242 was stolen')).toBe('my card [card number] was stolen');
  expect(detailOf('x'.repeat(500))).toHaveLength(200);
  expect(detailOf('  ')).toBe('cancelled by the customer');
});

import { expect, test } from 'vitest';
import { receive } from '../../../processors/orders/receive.ts';
import { command, context, frozen, NOW, order, sold } from '../given.ts';

const open = (cancelled: boolean) => ({ ...context(), cancelled });

test('starts the order as commanded', () => {
  const place = frozen(order({ orderId: 'O-1' }));
  expect(receive(command({ place }), open(false))).toEqual([{ type: 'OrderReceived', order: place }]);
});

test('takes nothing from the channel that the pipeline decides', () => {
  const forged = sold({
    orderId: 'someone-elses',
    placedAt: 1,
    interrupts: 7,
    bookingReference: 'ABC234',
    faults: [{ code: 'x', pointer: '', detail: '' }],
    tickets: [{ passengerId: 'P1', ticketNumber: '1252106312810', checkDigit: 0 }],
    closure: { reason: 'x', detail: '' },
    notifications: [{ channel: 'email', template: 't', messageId: 'm' }],
    deviceHash: 'd',
    fraud: { score: 0, band: 'pass', reasons: [], velocityKeys: [], scoredAt: 0 },
    items: order().items.map((item) => ({ ...item, amount: 1 })),
  });
  const [draft] = receive(command({ place: frozen(forged) }), open(false));
  const clean = order({ deviceHash: 'd' });
  expect(draft?.order).toEqual({
    ...clean,
    orderId: 'O-1',
    placedAt: NOW,
    customer: forged.customer,
    passengers: forged.passengers,
    items: forged.items.map((item) => ({ ...item, amount: null })),
  });
});

test('an order whose cancellation came first is cancelled from where it stands', () => {
  const drafts = receive(command({ place: order() }), open(true));
  expect(drafts.map(({ type }) => type)).toEqual(['OrderReceived', 'CancelRequested']);
  expect(drafts[0]?.order.closure).toBeNull();
  expect(drafts[1]?.order.closure).toMatchObject({ reason: 'customer_request' });
});

test('a command without the order is nothing to start from', () => {
  expect(() => receive(command({ place: null }), open(false))).toThrow('place');
});

test.each(['', 'a}b', 'O#cancel', 'x'.repeat(65), '-lead', 'O 1', 'Ö'])('order id %j is refused', (orderId) => {
  expect(() => receive(command({ orderId, place: order() }), open(false))).toThrow('order id');
});

test.each(['019b2f6e-9b1c-7c3a-8d52-0a1b2c3d4e5f', 'ORD_1.a', '01JXA3M4Q5R6S7T8V9W0X1Y2Z3'])(
  'order id %j is fine',
  (orderId) => {
    expect(receive(command({ orderId, place: order() }), open(false))[0]?.order.orderId).toBe(orderId);
  },
);

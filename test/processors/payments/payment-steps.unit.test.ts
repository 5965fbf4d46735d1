import { beforeEach, expect, test } from 'vitest';
import type {
  AuthorizeOutcome,
  CaptureOutcome,
  PaymentPort,
  ReversalOutcome,
} from '../../../connectors/ports/payment.ts';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';
import { authenticate } from '../../../processors/payments/authenticate.ts';
import { capture } from '../../../processors/payments/capture.ts';
import { charge } from '../../../processors/payments/charge.ts';
import { refund } from '../../../processors/payments/refund.ts';
import type { Order } from '../../../schemas/types.ts';
import { command, context, current, event, frozen, held, order, paid, sold } from '../given.ts';

let calls: unknown[][];
beforeEach(() => {
  calls = [];
});

/** Payment port that answers as told and writes down what it is asked. */
function answering(answers: {
  authorize?: AuthorizeOutcome;
  capture?: CaptureOutcome;
  reverse?: ReversalOutcome;
}): PaymentPort {
  const answer =
    (name: string, outcome: unknown) =>
    async (...asked: unknown[]) => {
      calls.push([name, ...asked]);
      return outcome as never;
    };
  return {
    authorize: answer('authorize', answers.authorize),
    authenticate: answer('authenticate', answers.authorize),
    capture: answer('capture', answers.capture),
    reverse: answer('reverse', answers.reverse),
  };
}

const approved = { kind: 'approved', authorizationId: 'auth-9', processor: 'sandbox' } as const;
const challenged = { kind: 'challenged', processor: 'sandbox', challengeUrl: 'https://pay.example/3ds' } as const;
const declinedOutcome = { kind: 'declined', processor: 'sandbox', declineCode: 'expired_card' } as const;
const TOTAL = { amount: 23_400, currency: 'USD' };

test('charge asks once, with the key of the order', async () => {
  const [draft] = await charge(
    event('InventoryHeld', frozen(held())),
    context({ payment: answering({ authorize: approved }) }),
  );
  expect(calls).toEqual([
    ['authorize', { idempotencyKey: 'O-1:charge', orderId: 'O-1', amount: TOTAL, method: 'card', token: 'tok_visa' }],
  ]);
  expect(draft?.type).toBe('PaymentApproved');
  expect(draft?.order.payment).toEqual({
    ...held().payment,
    status: 'authorised',
    processor: 'sandbox',
    authorizationId: 'auth-9',
  });
  expect(draft?.order.closure).toBeNull();
});

test('charge tells the payer where to authenticate', async () => {
  const [draft] = await charge(
    event('InventoryHeld', frozen(held())),
    context({ payment: answering({ authorize: challenged }) }),
  );
  expect(draft?.type).toBe('PaymentChallenged');
  expect(draft?.order.payment).toEqual({
    ...held().payment,
    status: 'challenged',
    processor: 'sandbox',
    challengeUrl: 'https://pay.example/3ds',
  });
});

test('charge passes the decline on', async () => {
  const [draft] = await charge(
    event('InventoryHeld', frozen(held())),
    context({ payment: answering({ authorize: declinedOutcome }) }),
  );
  expect(draft?.type).toBe('PaymentFailed');
  expect(draft?.order.payment).toEqual({
    ...held().payment,
    status: 'declined',
    processor: 'sandbox',
    declineCode: 'expired_card',
  });
  expect(draft?.order.closure).toEqual({ reason: 'payment_declined', detail: 'expired_card' });
});

test('charge leaves a passing fault to the runtime', async () => {
  const payment = { ...answering({}), authorize: async () => Promise.reject(new TransientFault('timeout')) };
  await expect(charge(event('InventoryHeld', held()), context({ payment }))).rejects.toThrow(TransientFault);
});

test('charge and capture refuse an order without a total', async () => {
  await expect(charge(event('InventoryHeld', order()), context({ payment: answering({}) }))).rejects.toThrow('total');
  await expect(capture(event('TicketIssued', order()), context({ payment: answering({}) }))).rejects.toThrow('total');
  expect(calls).toEqual([]);
});

test('capture takes the authorised amount', async () => {
  const payment = answering({ capture: { kind: 'captured', captureId: 'cap-1' } });
  const [draft] = await capture(event('TicketIssued', frozen(sold())), context({ payment }));
  expect(calls).toEqual([['capture', 'O-1:charge', TOTAL]]);
  expect(draft?.type).toBe('OrderConfirmed');
  expect(draft?.order.payment).toEqual({ ...sold().payment, status: 'captured', captureId: 'cap-1' });
});

test('capture that is refused closes the order', async () => {
  const payment = answering({ capture: { kind: 'refused', code: 'authorisation_expired' } });
  const [draft] = await capture(event('TicketIssued', frozen(sold())), context({ payment }));
  expect(draft?.type).toBe('CaptureFailed');
  expect(draft?.order.payment.status).toBe('authorised');
  expect(draft?.order.closure).toEqual({ reason: 'capture_refused', detail: 'authorisation_expired' });
});

const authenticated = command({ kind: 'authenticate', authenticate: { result: 'authenticated' } });
const waiting = () => current('PaymentPending', true, frozen(paid('challenged', { interrupts: 2 })));

test('authentication that succeeds approves the payment', async () => {
  const outcome = await authenticate(
    authenticated,
    waiting(),
    context({ payment: answering({ authorize: approved }) }),
  );
  expect(calls).toEqual([['authenticate', 'O-1:charge', 'authenticated']]);
  expect(outcome).toMatchObject({
    kind: 'move',
    drafts: [
      {
        type: 'PaymentApproved',
        order: { interrupts: 3, payment: { status: 'authorised', authorizationId: 'auth-9' } },
      },
    ],
  });
});

test('authentication that fails declines it', async () => {
  const failed = command({ kind: 'authenticate', authenticate: { result: 'failed' } });
  const outcome = await authenticate(
    failed,
    waiting(),
    context({ payment: answering({ authorize: declinedOutcome }) }),
  );
  expect(calls).toEqual([['authenticate', 'O-1:charge', 'failed']]);
  expect(outcome).toMatchObject({
    kind: 'move',
    drafts: [
      {
        type: 'PaymentFailed',
        order: { interrupts: 3, closure: { reason: 'payment_declined' }, payment: { declineCode: 'expired_card' } },
      },
    ],
  });
});

test('a challenge that is still open moves nothing', async () => {
  expect(
    (await authenticate(authenticated, waiting(), context({ payment: answering({ authorize: challenged }) }))).kind,
  ).toBe('none');
});

test.each([
  ['no such order', null],
  ['not at rest', current('PaymentPending', false, paid('challenged'))],
  ['already approved', current('PaymentApproved', false, paid('authorised'))],
  ['cancelled', current('Cancelled', true, paid('voided'))],
  ['not challenged', current('PaymentPending', true, paid('none'))],
])('authentication that nobody waits for asks nothing of the processor: %s', async (_, found) => {
  expect(
    (await authenticate(authenticated, found, context({ payment: answering({ authorize: approved }) }))).kind,
  ).toBe('none');
  expect(calls).toEqual([]);
});

test('an authenticate command without a result is malformed', async () => {
  await expect(
    authenticate(command({ kind: 'authenticate' }), waiting(), context({ payment: answering({}) })),
  ).rejects.toThrow('authenticate');
});

const reverse = async (type: 'VoidRequested' | 'RefundRequested', of: Order, outcome: ReversalOutcome) => {
  const [draft] = await refund(
    event(type, frozen(of)) as Parameters<typeof refund>[0],
    context({ payment: answering({ reverse: outcome }) }),
  );
  expect(calls).toEqual([['reverse', 'O-1:charge']]);
  return { type: draft!.type, status: draft!.order.payment.status, reversalId: draft!.order.payment.reversalId };
};

test.each([
  [
    'RefundRequested',
    'captured',
    { kind: 'refunded', reversalId: 'r-1' },
    { type: 'OrderRefunded', status: 'refunded', reversalId: 'r-1' },
  ],
  [
    'RefundRequested',
    'authorised',
    { kind: 'voided', reversalId: 'v-1' },
    { type: 'OrderRefunded', status: 'voided', reversalId: 'v-1' },
  ],
  [
    'RefundRequested',
    'authorised',
    { kind: 'refunded', reversalId: 'r-1' },
    { type: 'OrderRefunded', status: 'refunded', reversalId: 'r-1' },
  ],
  ['RefundRequested', 'authorised', { kind: 'nothing' }, { type: 'OrderRefunded', status: 'voided', reversalId: null }],
  [
    'VoidRequested',
    'authorised',
    { kind: 'voided', reversalId: 'v-1' },
    { type: 'OrderCancelled', status: 'voided', reversalId: 'v-1' },
  ],
  [
    'VoidRequested',
    'challenged',
    { kind: 'voided', reversalId: 'v-1' },
    { type: 'OrderCancelled', status: 'voided', reversalId: 'v-1' },
  ],
  ['VoidRequested', 'challenged', { kind: 'nothing' }, { type: 'OrderCancelled', status: 'voided', reversalId: null }],
  [
    'VoidRequested',
    'none',
    { kind: 'voided', reversalId: 'v-1' },
    { type: 'OrderCancelled', status: 'voided', reversalId: 'v-1' },
  ],
  ['VoidRequested', 'none', { kind: 'nothing' }, { type: 'OrderCancelled', status: 'none', reversalId: null }],
] as const)('refund after %s of a payment %s, answer %j', async (type, status, outcome, expected) => {
  expect(await reverse(type, paid(status), outcome)).toEqual(expected);
});

test('a capture that the processor does not know needs a human', async () => {
  await expect(reverse('RefundRequested', paid('captured'), { kind: 'nothing' })).rejects.toThrow('captured');
});

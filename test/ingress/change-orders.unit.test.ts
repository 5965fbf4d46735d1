import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OrderView, ReceiptView } from '../../ingress/order-schema.ts';
import type { ProblemBody } from '../../ingress/problem.ts';
import type { EventType, Order } from '../../schemas/types.ts';
import { fulfil, jsonOf, openRig, type Rig } from './rig.ts';

const DAY_MS = 86_400_000;

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

async function orderAt(...events: EventType[]): Promise<Order> {
  await rig.place();
  return events.reduce((order, type) => rig.happen(order, type), rig.placed());
}

const cancel = (orderId: string, headers: Record<string, string> = {}): Promise<Response> =>
  rig.request(`/api/v1/orders/${orderId}`, { method: 'DELETE', headers });
const TO_CHALLENGE: EventType[] = [
  'OrderReceived',
  'OrderValidated',
  'OrderScored',
  'InventoryHeld',
  'PaymentChallenged',
];

describe('DELETE /api/v1/orders/{id}', () => {
  it('publishes a cancel command and answers where to look', async () => {
    const { orderId } = await orderAt('OrderReceived', 'OrderValidated');
    const response = await cancel(orderId);
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`/api/v1/orders/${orderId}`);
    expect(await jsonOf<ReceiptView>(response)).toMatchObject({
      orderId,
      status: 'Validated',
      version: 2,
      links: { status: `/api/v1/orders/${orderId}/status` },
    });
    const { command, headers } = rig.published.at(-1)!;
    expect(command).toMatchObject({
      orderId,
      kind: 'cancel',
      cancel: { reason: 'cancelled by the customer' },
      place: null,
      authenticate: null,
    });
    expect(headers).toMatchObject({ ce_type: 'OrderCommand', ce_id: command.commandId, 'order-version': '2' });
  });

  it('takes an order that nobody has processed yet', async () => {
    expect((await cancel((await orderAt()).orderId)).status).toBe(202);
  });

  it('waits for the end of the cancellation, past statuses that are ends of other ways', async () => {
    const order = fulfil(rig, await orderAt());
    rig.whenPublished(() => {
      let now = rig.happen(order, 'CancelRequested', { closure: { reason: 'customer_request', detail: '' } });
      for (const type of ['RefundRequested', 'OrderRefunded'] as const) now = rig.happen(now, type);
    });
    const response = await cancel(order.orderId, { prefer: 'wait=10' });
    expect(response.status).toBe(200);
    expect(response.headers.get('preference-applied')).toBe('wait=10');
    expect(await jsonOf<OrderView>(response)).toMatchObject({
      status: 'Refunded',
      version: 12,
      closure: { reason: 'customer_request' },
    });
  });

  it('does not take resting for an end', async () => {
    const order = await orderAt('OrderReceived', 'OrderValidated', 'OrderScored', 'InventoryHeld');
    rig.whenPublished(() => {
      const challenged = rig.happen(order, 'PaymentChallenged');
      setImmediate(() => rig.happen(challenged, 'OrderCancelled'));
    });
    expect(await jsonOf<OrderView>(cancel(order.orderId, { prefer: 'wait=10' }))).toMatchObject({
      status: 'Cancelled',
      version: 6,
    });
  });

  it.each<[string, EventType[]]>([
    ['Invalid', ['OrderReceived', 'OrderInvalid']],
    ['Cancelled', ['OrderReceived', 'OrderCancelled']],
    ['InventoryFailed', ['OrderReceived', 'OrderValidated', 'OrderScored', 'InventoryUnavailable']],
    ['PaymentFailed', ['OrderReceived', 'OrderValidated', 'OrderScored', 'InventoryHeld', 'PaymentFailed']],
    [
      'Refunding',
      [
        'OrderReceived',
        'OrderValidated',
        'OrderScored',
        'InventoryHeld',
        'PaymentApproved',
        'CancelRequested',
        'RefundRequested',
      ],
    ],
  ])('answers 409 for an order that is %s', async (status, events) => {
    const { orderId } = await orderAt(...events);
    const before = rig.published.length;
    const response = await cancel(orderId);
    expect(response.status).toBe(409);
    expect(await jsonOf<ProblemBody>(response)).toMatchObject({
      code: 'not_cancellable',
      detail: `The order is ${status}.`,
    });
    expect(rig.published).toHaveLength(before);
  });

  it('answers 409 for an order that is being cancelled already', async () => {
    const order = await orderAt('OrderReceived', 'OrderValidated');
    rig.happen(order, 'CancelRequested', { closure: { reason: 'customer_request', detail: '' } });
    expect((await cancel(order.orderId)).status).toBe(409);
  });

  it('cancels a fulfilled order within the refund window only', async () => {
    const { orderId } = fulfil(rig, await orderAt());
    rig.clock.now += 90 * DAY_MS;
    expect((await cancel(orderId)).status).toBe(202);
    rig.clock.now += 1;
    const late = await cancel(orderId);
    expect(late.status).toBe(409);
    expect(await jsonOf<ProblemBody>(late)).toMatchObject({ code: 'refund_window_closed' });
  });

  it.each([
    ['"2"', 202],
    ['*', 202],
    ['"1", "2"', 202],
    ['"1"', 412],
    ['W/"2"', 412],
  ])('If-Match: %s is answered %i', async (tag, status) => {
    const { orderId } = await orderAt('OrderReceived', 'OrderValidated');
    const response = await cancel(orderId, { 'if-match': tag });
    expect(response.status).toBe(status);
    if (status === 412) expect(response.headers.get('etag')).toBe('"2"');
    expect(rig.published.filter(({ command }) => command.kind === 'cancel')).toHaveLength(status === 202 ? 1 : 0);
  });

  it('answers 404 for an order nobody knows, and 503 while the broker is away', async () => {
    expect((await cancel('0199aaaa-0000-7000-8000-000000000000')).status).toBe(404);
    const { orderId } = await orderAt('OrderReceived');
    rig.faults.publish = new Error('no broker');
    expect((await cancel(orderId)).status).toBe(503);
  });
});

describe('POST /api/v1/orders/{id}/payment', () => {
  const end = (orderId: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    rig.request(`/api/v1/orders/${orderId}/payment`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it.each(['authenticated', 'failed'] as const)('publishes the result %s', async (challengeResult) => {
    const { orderId } = await orderAt(...TO_CHALLENGE);
    const response = await end(orderId, { challengeResult });
    expect(response.status).toBe(202);
    expect(await jsonOf<ReceiptView>(response)).toMatchObject({ status: 'PaymentPending', version: 5 });
    expect(rig.published.at(-1)!.command).toMatchObject({
      orderId,
      kind: 'authenticate',
      authenticate: { result: challengeResult },
      cancel: null,
      place: null,
    });
  });

  it("waits for the order's end", async () => {
    const order = await orderAt(...TO_CHALLENGE);
    rig.whenPublished(() => {
      (['PaymentApproved', 'InventoryConfirmed', 'TicketIssued', 'OrderConfirmed', 'OrderFulfilled'] as const).reduce(
        (now, type) => rig.happen(now, type),
        order,
      );
    });
    const response = await end(order.orderId, { challengeResult: 'authenticated' }, { prefer: 'wait=5' });
    expect(response.status).toBe(200);
    expect(await jsonOf<OrderView>(response)).toMatchObject({ status: 'Fulfilled', version: 10 });
  });

  it('answers 409 where no challenge is open, 404 where there is no order', async () => {
    const { orderId } = await orderAt('OrderReceived');
    const refused = await end(orderId, { challengeResult: 'authenticated' });
    expect(refused.status).toBe(409);
    expect(await jsonOf<ProblemBody>(refused)).toMatchObject({ code: 'no_open_challenge' });
    expect((await end('unknown', { challengeResult: 'authenticated' })).status).toBe(404);
  });

  it.each([
    [{}, '/challengeResult', 'required'],
    [{ challengeResult: 'maybe' }, '/challengeResult', 'not_allowed'],
    [{ challengeResult: 'failed', amount: 1 }, '/amount', 'unknown_field'],
  ])('refuses %j', async (body, pointer, code) => {
    const { orderId } = await orderAt(...TO_CHALLENGE);
    const response = await end(orderId, body);
    expect(response.status).toBe(400);
    expect((await jsonOf<ProblemBody>(response)).errors).toEqual([expect.objectContaining({ pointer, code })]);
  });
});

describe('payments', () => {
  it("are read with their order's total, the challenge while it is open, and no token", async () => {
    const order = await orderAt(...TO_CHALLENGE.slice(0, -1));
    const payment = {
      ...order.payment,
      status: 'challenged' as const,
      processor: 'sandbox',
      challengeUrl: 'https://acs.example/c/1',
    };
    const challenged = rig.happen(order, 'PaymentChallenged', { payment, total: { amount: 23_400, currency: 'USD' } });
    const path = `/api/v1/orders/${order.orderId}/payment`;
    expect(await jsonOf(rig.request(path))).toEqual({
      orderId: order.orderId,
      method: 'card',
      token: 'tok_****',
      status: 'challenged',
      processor: 'sandbox',
      authorizationId: null,
      captureId: null,
      reversalId: null,
      challengeUrl: 'https://acs.example/c/1',
      declineCode: null,
      total: { amount: 23_400, currency: 'USD' },
    });
    rig.happen(challenged, 'PaymentApproved', {
      payment: { ...payment, status: 'authorised', authorizationId: 'auth_1' },
    });
    expect(await jsonOf(rig.request(path))).toMatchObject({
      status: 'authorised',
      authorizationId: 'auth_1',
      challengeUrl: null,
    });
  });

  it('can be made in the ways listed', async () => {
    const { data, sandboxTokens } = await jsonOf<{
      data: { method: string; currencies: string[] }[];
      sandboxTokens: { token: string }[];
    }>(rig.request('/api/v1/payments/methods'));
    expect(data).toContainEqual({
      method: 'card',
      name: 'Credit or debit card',
      family: 'card',
      currencies: ['USD', 'EUR', 'GBP', 'JPY'],
    });
    expect(sandboxTokens.map(({ token }) => token)).toEqual(
      expect.arrayContaining(['tok_visa', 'tok_3ds', 'tok_timeout', 'tok_flaky', 'tok_fraud']),
    );
  });
});

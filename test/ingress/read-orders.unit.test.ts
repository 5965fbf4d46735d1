import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OrderView } from '../../ingress/order-schema.ts';
import type { ProblemBody } from '../../ingress/problem.ts';
import { InvalidCursor } from '../../connectors/postgres/cursor.ts';
import type { EventType, Order } from '../../schemas/types.ts';
import { fulfil, HAPPY_PATH, jsonOf, openRig, type Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

/** An order placed in this or another process, none of whose events has happened. */
async function place(): Promise<Order> {
  await rig.place();
  return rig.placed();
}

describe('GET /api/v1/orders/{id}', () => {
  it('answers the whole order, personal data in clear and the token masked', async () => {
    const order = fulfil(rig, await place());
    const response = await rig.request(`/api/v1/orders/${order.orderId}`);

    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).toBe('"9"');
    expect(await response.json()).toEqual({
      orderId: order.orderId,
      version: 9,
      status: 'Fulfilled',
      channel: 'web',
      customer: { customerId: 'C-1001', email: 'ada@example.com', phone: '+442071838750', locale: 'en-GB' },
      passengers: [
        {
          passengerId: 'P1',
          type: 'ADT',
          givenName: 'Ada',
          familyName: 'Lovelace',
          dateOfBirth: '1985-12-10',
          document: null,
        },
      ],
      items: [
        {
          itemId: 'I1',
          type: 'flight',
          flightNumber: 'IA101',
          departureDate: '2026-12-24',
          bookingClass: 'Y',
          passengerIds: ['P1'],
          price: null,
        },
        {
          itemId: 'I2',
          type: 'ancillary',
          flightNumber: 'IA101',
          departureDate: '2026-12-24',
          code: 'BAG1',
          passengerIds: ['P1'],
          price: null,
        },
      ],
      currency: 'USD',
      expectedTotal: { amount: 23_400, currency: 'USD' },
      total: { amount: 23_400, currency: 'USD' },
      payment: {
        method: 'card',
        token: 'tok_****',
        status: 'none',
        processor: null,
        authorizationId: null,
        captureId: null,
        reversalId: null,
        challengeUrl: null,
        declineCode: null,
      },
      hold: null,
      bookingReference: 'K7QX2M',
      tickets: [{ passengerId: 'P1', ticketNumber: '0001234567890', checkDigit: 3 }],
      createdAt: '2026-11-22T10:00:00.000Z',
      updatedAt: '2026-11-22T10:00:00.009Z',
      links: {
        self: `/api/v1/orders/${order.orderId}`,
        status: `/api/v1/orders/${order.orderId}/status`,
        events: `/api/v1/orders/${order.orderId}/events`,
      },
    });
  });

  it('shows prices, holds, faults and the reason of the end where there are any', async () => {
    const order = await place();
    const items = order.items.map((item, at) => ({ ...item, amount: at === 0 ? 20_000 : 3_400 }));
    const closure = { reason: 'customer_request', detail: 'changed plans' };
    let now = rig.happen(order, 'OrderReceived');
    now = rig.happen(now, 'OrderValidated', { items, total: { amount: 23_400, currency: 'USD' } });
    now = rig.happen(rig.happen(now, 'OrderScored'), 'InventoryHeld', {
      hold: { state: 'held', expiresAt: rig.clock.now + 900_000 },
    });
    rig.happen(now, 'OrderCancelled', { closure });
    const body = await jsonOf<OrderView>(rig.request(`/api/v1/orders/${order.orderId}`));
    expect(body.items.map(({ price }) => price)).toEqual([
      { amount: 20_000, currency: 'USD' },
      { amount: 3_400, currency: 'USD' },
    ]);
    expect(body).toMatchObject({
      status: 'Cancelled',
      closure,
      hold: { state: 'held', expiresAt: '2026-11-22T10:15:00.000Z' },
    });
    expect(body).not.toHaveProperty('faults');
  });

  it('answers null for what is sealed with a forgotten key', async () => {
    const order = fulfil(rig, await place());
    await rig.deps.keys.forget('C-1001');
    const body = await jsonOf<OrderView>(rig.request(`/api/v1/orders/${order.orderId}`));
    expect(body.customer).toEqual({ customerId: 'C-1001', email: null, phone: null, locale: 'en-GB' });
    expect(body.passengers).toEqual([
      { passengerId: 'P1', type: 'ADT', givenName: null, familyName: null, dateOfBirth: null, document: null },
    ]);
    expect(body.bookingReference).toBe('K7QX2M');
  });

  it.each([
    ['"9"', 304],
    ['W/"9"', 304],
    ['*', 304],
    ['"1", "9"', 304],
    ['"8"', 200],
    ['9', 200],
  ])('If-None-Match: %s is answered %i', async (tag, status) => {
    const order = fulfil(rig, await place());
    const response = await rig.request(`/api/v1/orders/${order.orderId}`, { headers: { 'if-none-match': tag } });
    expect(response.status).toBe(status);
    expect(response.headers.get('etag')).toBe('"9"');
    expect((await response.text()).length > 0).toBe(status === 200);
  });

  it.each(['0199aaaa-0000-7000-8000-000000000000', 'unknown', 'with space', '..', '%27%3B--', '\u{1F600}'])(
    'answers 404 for %s',
    async (id) => {
      const response = await rig.request(
        `/api/v1/orders/${encodeURIComponent(id) === '..' ? '%2E%2E' : encodeURIComponent(id)}`,
      );
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    },
  );

  it('prefers the newer of read model and Redis, whichever that is', async () => {
    const order = await place();
    let now = order;
    for (const [type, change] of HAPPY_PATH.slice(0, 3)) now = rig.happen(now, type, change);
    rig.happen(now, 'InventoryHeld', {}, ['state']);
    expect(await jsonOf<OrderView>(rig.request(`/api/v1/orders/${order.orderId}`))).toMatchObject({
      version: 4,
      status: 'InventoryHold',
    });
    rig.heads.delete(order.orderId);
    expect(await jsonOf<OrderView>(rig.request(`/api/v1/orders/${order.orderId}`))).toMatchObject({
      version: 3,
      status: 'Validated',
    });
  });

  it('answers with what it saw happen where no store has it yet', async () => {
    const order = fulfil(rig, await place(), ['live']);
    const path = `/api/v1/orders/${order.orderId}`;
    expect(await jsonOf<OrderView>(rig.request(path))).toMatchObject({
      version: 9,
      status: 'Fulfilled',
      bookingReference: 'K7QX2M',
    });
    expect(await jsonOf(rig.request(`${path}/status`))).toMatchObject({ version: 9, status: 'Fulfilled' });
  });

  it.each(['state', 'readModel'] as const)('does with the other where %s is away', async (part) => {
    const order = fulfil(rig, await place());
    rig.faults[part] = new Error('connection refused');
    expect(await jsonOf<OrderView>(rig.request(`/api/v1/orders/${order.orderId}`))).toMatchObject({ version: 9 });
  });

  it.each(['state', 'readModel'] as const)(
    'answers 503, not 404, for an order it cannot know of while %s is away',
    async (part) => {
      rig.faults[part] = new Error('connection refused 10.1.2.3');
      const response = await rig.request('/api/v1/orders/0199aaaa-0000-7000-8000-000000000000');
      const text = await response.text();
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(text).not.toContain('10.1.2.3');
    },
  );

  it('answers HEAD with the same headers and no body', async () => {
    const order = fulfil(rig, await place());
    const response = await rig.request(`/api/v1/orders/${order.orderId}`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(500);
    expect(await response.text()).toBe('');
  });
});

describe('GET /api/v1/orders', () => {
  it('answers summaries without personal data, and the cursor to go on with', async () => {
    const order = fulfil(rig, await place());
    fulfil(rig, await place());
    const response = await rig.request('/api/v1/orders?limit=1');
    const body = await jsonOf<{ data: unknown[]; nextCursor: string }>(response);
    expect(body).toEqual({
      data: [
        {
          orderId: order.orderId,
          version: 9,
          status: 'Fulfilled',
          channel: 'web',
          customerId: 'C-1001',
          currency: 'USD',
          total: { amount: 23_400, currency: 'USD' },
          bookingReference: 'K7QX2M',
          createdAt: '2026-11-22T10:00:00.000Z',
          updatedAt: '2026-11-22T10:00:00.009Z',
          links: {
            self: `/api/v1/orders/${order.orderId}`,
            status: `/api/v1/orders/${order.orderId}/status`,
            events: `/api/v1/orders/${order.orderId}/events`,
          },
        },
      ],
      nextCursor: 'more',
    });
  });

  it('hands the filters on as numbers and names', async () => {
    const asked: unknown[] = [];
    const list = rig.deps.readModel.list;
    Object.assign(rig.deps.readModel, {
      list: (query: Parameters<typeof list>[0]) => (asked.push(query), list(query)),
    });
    await rig.request(
      '/api/v1/orders?status=Fulfilled&channel=web&customerId=C-1001&from=2026-11-01&to=2026-11-22T10:00:00%2B01:00&cursor=abc',
    );
    await rig.request('/api/v1/orders');
    expect(asked).toEqual([
      {
        limit: 50,
        status: 'Fulfilled',
        channel: 'web',
        customerId: 'C-1001',
        from: Date.UTC(2026, 10, 1),
        to: Date.UTC(2026, 10, 22, 9),
        cursor: 'abc',
      },
      { limit: 50 },
    ]);
  });

  it.each([
    ['limit=0', '/query/limit'],
    ['limit=201', '/query/limit'],
    ['limit=ten', '/query/limit'],
    ['limit=1&limit=2', '/query/limit'],
    ['status=Lost', '/query/status'],
    ['channel=fax', '/query/channel'],
    ['from=yesterday', '/query/from'],
    ['to=2026-13-01', '/query/to'],
    ['colour=red', '/query/colour'],
  ])('refuses ?%s', async (query, pointer) => {
    const response = await rig.request(`/api/v1/orders?${query}`);
    const problem = await jsonOf<ProblemBody>(response);
    expect(response.status).toBe(400);
    expect(problem.code).toBe('invalid_request');
    expect(problem.errors.map((fault) => fault.pointer)).toEqual([pointer]);
  });

  it('refuses a cursor that is none, and says 503 when the read model is away', async () => {
    rig.faults.readModel = new InvalidCursor();
    const refused = await rig.request('/api/v1/orders?cursor=x');
    expect(refused.status).toBe(400);
    expect((await jsonOf<ProblemBody>(refused)).errors).toEqual([
      expect.objectContaining({ pointer: '/query/cursor', code: 'invalid_cursor' }),
    ]);
    rig.faults.readModel = new Error('gone');
    expect((await rig.request('/api/v1/orders')).status).toBe(503);
  });
});

describe('GET /api/v1/orders/{id}/status', () => {
  it('answers every status the order went through, passed-through ones too', async () => {
    const order = fulfil(rig, await place());
    const response = await rig.request(`/api/v1/orders/${order.orderId}/status`);
    const body = await jsonOf<{ history: { status: string; version: number; event: string; at: string }[] }>(response);
    expect(response.headers.get('etag')).toBe('"9"');
    expect(body).toMatchObject({
      orderId: order.orderId,
      status: 'Fulfilled',
      version: 9,
      updatedAt: '2026-11-22T10:00:00.009Z',
    });
    expect(body.history.map(({ status, version, event }) => `${version} ${event} ${status}`)).toEqual([
      '1 OrderReceived Received',
      '2 OrderValidated Validating',
      '2 OrderValidated Validated',
      '4 InventoryHeld InventoryHold',
      '5 PaymentApproved PaymentPending',
      '5 PaymentApproved PaymentApproved',
      '6 InventoryConfirmed Processing',
      '6 InventoryConfirmed InventoryConfirmed',
      '7 TicketIssued Ticketing',
      '7 TicketIssued TicketIssued',
      '8 OrderConfirmed Confirmed',
      '9 OrderFulfilled Fulfilled',
    ]);
    expect(body.history.at(-1)?.at).toBe('2026-11-22T10:00:00.009Z');
  });

  it('fills what the read model has not caught up with from what this process saw', async () => {
    const order = fulfil(rig, await place(), ['live', 'state']);
    const { history } = await jsonOf<{ history: unknown[] }>(rig.request(`/api/v1/orders/${order.orderId}/status`));
    expect(history).toHaveLength(12);
  });

  it('waits a moment for events that are told out of order', async () => {
    const order = await place();
    const [first, second, third] = HAPPY_PATH.map(([type]) => type) as [EventType, EventType, EventType];
    const received = rig.happen(order, first, {}, ['live', 'state']);
    const validated = rig.happen(received, second, {}, ['state']);
    rig.happen(validated, third, {}, ['live', 'state']);
    const asked = jsonOf<{ history: { status: string }[] }>(rig.request(`/api/v1/orders/${order.orderId}/status`));
    rig.histories.set(order.orderId, [
      { eventId: 'e2', version: 2, type: 'OrderValidated', status: 'Validated', occurredAt: rig.clock.now },
    ]);
    expect((await asked).history.map(({ status }) => status)).toEqual(['Received', 'Validating', 'Validated']);
  });

  it('shows the newest event from Redis where the read model is behind and nothing was seen', async () => {
    const order = await place();
    const received = rig.happen(order, 'OrderReceived', {}, ['readModel', 'state']);
    fulfilFrom(received);
    const body = await jsonOf<{ status: string; version: number; history: { status: string }[] }>(
      rig.request(`/api/v1/orders/${order.orderId}/status`),
    );
    expect(body).toMatchObject({ status: 'Fulfilled', version: 9 });
    expect(body.history.map(({ status }) => status)).toEqual(['Received', 'Fulfilled']);
  });

  it('answers 404 for an order nobody knows', async () => {
    expect((await rig.request('/api/v1/orders/0199aaaa-0000-7000-8000-000000000000/status')).status).toBe(404);
  });

  function fulfilFrom(order: Order): void {
    HAPPY_PATH.slice(1).reduce((current, [type, change]) => rig.happen(current, type, change, ['state']), order);
  }
});

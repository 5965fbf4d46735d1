import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXAMPLE_ORDER } from '../../ingress/order-body.ts';
import { unseal } from '../../schemas/seal.ts';
import type { OrderView, ReceiptView } from '../../ingress/order-schema.ts';
import type { ProblemBody } from '../../ingress/problem.ts';
import type { Codec } from '../../schemas/codec.ts';
import { fulfil, jsonOf, openRig, type Rig } from './rig.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID_V5 = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

describe('POST /api/v1/orders', () => {
  it('accepts the order and says where it is', async () => {
    const response = await rig.place();
    const body = await jsonOf<ReceiptView>(response);

    expect(response.status).toBe(202);
    expect(body.orderId).toMatch(UUID_V7);
    const self = `/api/v1/orders/${body.orderId}`;
    expect(body).toEqual({
      orderId: body.orderId,
      status: 'Received',
      version: 1,
      links: { self, status: `${self}/status`, events: `${self}/events` },
    });
    expect(response.headers.get('location')).toBe(self);
    expect(response.headers.get('preference-applied')).toBeNull();
  });

  it('publishes a command that says all the body says, unpriced and unpaid', async () => {
    await rig.place();
    const { command, headers } = rig.published[0]!;

    expect(command).toMatchObject({ kind: 'place', cancel: null, authenticate: null, issuedAt: rig.clock.now });
    expect(command.place).toMatchObject({
      orderId: command.orderId,
      channel: 'web',
      placedAt: rig.clock.now,
      currency: 'USD',
      expectedTotal: { amount: 23_400, currency: 'USD' },
      total: null,
      customer: { customerId: 'C-1001', locale: 'en-GB' },
      items: [
        {
          itemId: 'I1',
          type: 'flight',
          flightNumber: 'IA101',
          departureDate: '2026-12-24',
          bookingClass: 'Y',
          code: null,
          passengerIds: ['P1'],
          amount: null,
        },
        {
          itemId: 'I2',
          type: 'ancillary',
          flightNumber: 'IA101',
          departureDate: '2026-12-24',
          bookingClass: null,
          code: 'BAG1',
          passengerIds: ['P1'],
          amount: null,
        },
      ],
      payment: { method: 'card', token: 'tok_visa', status: 'none', authorizationId: null },
      tickets: [],
      faults: [],
      interrupts: 0,
      deviceHash: null,
    });
    expect(headers).toMatchObject({
      ce_specversion: '1.0',
      ce_id: command.commandId,
      ce_type: 'OrderCommand',
      ce_source: '/iaros/ingress',
      ce_subject: command.orderId,
      ce_time: new Date(rig.clock.now).toISOString(),
      'order-version': '0',
    });
    expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('publishes bytes that the codec takes', async () => {
    await rig.place();
    const { command } = rig.published[0]!;
    const codec = rig.deps.codec as unknown as Codec;
    const decoded = await codec.decode(codec.encode('OrderCommand', command));
    expect(decoded.record).toMatchObject({ commandId: command.commandId, kind: 'place' });
  });

  it("seals personal data with the customer's key before anything leaves", async () => {
    await rig.place({ ...EXAMPLE_ORDER, deviceId: 'device-7' });
    const order = rig.placed();

    const text = JSON.stringify(rig.published);
    for (const secret of ['ada@example.com', 'Ada', 'Lovelace', '1985-12-10', '+442071838750', 'device-7'])
      expect(text).not.toContain(secret);
    expect(await unseal(order.customer.contact, rig.deps.keys, 'C-1001|contact')).toEqual({
      email: 'ada@example.com',
      phone: '+442071838750',
    });
    expect(await unseal(order.passengers[0]!.identity, rig.deps.keys, 'C-1001|identity')).toEqual({
      givenName: 'Ada',
      familyName: 'Lovelace',
      dateOfBirth: '1985-12-10',
    });
    expect(order.customer.emailHash).toMatch(/^[0-9a-f]{32}$/);
    expect(order.deviceHash).toMatch(/^[0-9a-f]{32}$/);
  });

  it('hashes one address alike however it is written', async () => {
    await rig.place({ ...EXAMPLE_ORDER, customer: { ...EXAMPLE_ORDER.customer, email: 'Ada@Example.com' } });
    await rig.place();
    expect(rig.published[0]!.command.place!.customer.emailHash).toBe(
      rig.published[1]!.command.place!.customer.emailHash,
    );
  });

  it("passes the caller's trace on, and starts one where the header is none", async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await rig.place(EXAMPLE_ORDER, { traceparent });
    await rig.place(EXAMPLE_ORDER, { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` });
    expect(rig.published[0]!.headers.traceparent).toBe(traceparent);
    expect(rig.published[1]!.headers.traceparent).not.toContain('0'.repeat(32));
  });

  it('never answers 404 for an order it has just accepted', async () => {
    const { orderId } = await jsonOf<ReceiptView>(rig.place());
    const read = await rig.request(`/api/v1/orders/${orderId}`);
    expect(read.status).toBe(200);
    expect(await read.json()).toMatchObject({
      orderId,
      version: 1,
      status: 'Received',
      customer: { email: 'ada@example.com' },
    });
    const status = await (await rig.request(`/api/v1/orders/${orderId}/status`)).json();
    expect(status).toMatchObject({
      status: 'Received',
      version: 1,
      history: [{ status: 'Received', version: 1, event: 'OrderReceived' }],
    });
  });
});

describe('Prefer: wait', () => {
  it('answers 201 with the whole order once it has ended, even where it ends before the publisher returns', async () => {
    rig.whenPublished(({ command }) => void fulfil(rig, command.place!));
    const response = await rig.place(EXAMPLE_ORDER, { prefer: 'wait=20' });
    const body = await jsonOf<OrderView>(response);

    expect(response.status).toBe(201);
    expect(response.headers.get('preference-applied')).toBe('wait=20');
    expect(response.headers.get('etag')).toBe('"9"');
    expect(response.headers.get('location')).toBe(`/api/v1/orders/${body.orderId}`);
    expect(body).toMatchObject({
      status: 'Fulfilled',
      version: 9,
      total: { amount: 23_400, currency: 'USD' },
      bookingReference: 'K7QX2M',
      tickets: [{ passengerId: 'P1', ticketNumber: '0001234567890', checkDigit: 3 }],
      customer: { email: 'ada@example.com' },
    });
  });

  it.each(['OrderInvalid'] as const)('takes %s for an end as well', async (type) => {
    rig.whenPublished(({ command }) => {
      const received = rig.happen(command.place!, 'OrderReceived');
      rig.happen(received, type, {
        faults: [{ code: 'price_changed', pointer: '/expectedTotal', detail: 'now 25000' }],
      });
    });
    const response = await rig.place(EXAMPLE_ORDER, { prefer: 'wait=5' });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      status: 'Invalid',
      faults: [{ code: 'price_changed', pointer: '/expectedTotal', detail: 'now 25000' }],
    });
  });

  it('answers at once when the order rests until the payer authenticates', async () => {
    rig.whenPublished(({ command }) => {
      let order = rig.happen(command.place!, 'OrderReceived');
      for (const type of ['OrderValidated', 'OrderScored', 'InventoryHeld', 'PaymentChallenged'] as const)
        order = rig.happen(order, type);
    });
    const response = await rig.place(EXAMPLE_ORDER, { prefer: 'wait=30' });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ status: 'PaymentPending', version: 5 });
  });

  it('answers 202 with the status as it is when the time is over', async () => {
    rig.whenPublished(({ command }) => void rig.happen(rig.happen(command.place!, 'OrderReceived'), 'OrderValidated'));
    const response = await rig.place(EXAMPLE_ORDER, { prefer: 'wait=1' });
    expect(response.status).toBe(202);
    expect(response.headers.get('preference-applied')).toBe('wait=1');
    expect(await response.json()).toMatchObject({ status: 'Validated', version: 2 });
    expect(rig.deps.live.watched).toBe(0);
  });

  it('finds an end that was never told live when the time is over', async () => {
    rig.whenPublished(({ command }) => void fulfil(rig, command.place!, ['state']));
    const response = await rig.place(EXAMPLE_ORDER, { prefer: 'wait=1' });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ status: 'Fulfilled', version: 9 });
  });

  it('answers 202 to whoever still waits when the process shuts down', async () => {
    rig.whenPublished(() => setImmediate(() => rig.deps.live.close()));
    const response = await rig.place(EXAMPLE_ORDER, { prefer: 'wait=30' });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ status: 'Received', version: 1 });
  });
});

describe('load and faults', () => {
  it('answers 503 with Retry-After, and forgets the order, when the broker is away', async () => {
    rig.faults.publish = new Error('connect ECONNREFUSED 10.0.0.7:9092');
    const response = await rig.place(EXAMPLE_ORDER, { prefer: 'wait=30', 'idempotency-key': 'away' });
    const text = await response.text();
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(JSON.parse(text)).toMatchObject({ code: 'unavailable', retryable: true });
    expect(text).not.toContain('10.0.0.7');
    expect(rig.deps.live.watched).toBe(0);

    rig.faults.publish = null;
    expect((await rig.place(EXAMPLE_ORDER, { 'idempotency-key': 'away' })).status).toBe(202);
  });

  it('answers 429 when the publisher has too much to do', async () => {
    rig.faults.publish = Object.assign(new Error('queue full'), { name: 'Overloaded', retryAfterMs: 3_000 });
    const response = await rig.place();
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await response.json()).toMatchObject({ code: 'overloaded', retryable: true });
  });

  it('answers 503 when the key store is away, and publishes nothing', async () => {
    await rig.close();
    rig = await openRig({
      keys: {
        keyFor: () => Promise.reject(new Error('no database')),
        keyById: async () => undefined,
        forget: async () => {},
      },
    });
    const response = await rig.place();
    expect(response.status).toBe(503);
    expect(rig.logged).toContainEqual({ level: 'warn', fields: expect.objectContaining({ code: 'unavailable', reason: 'no database' }), message: 'request refused' });
    expect(rig.published).toEqual([]);
  });

  it('takes no more orders at once than the settings allow, and goes on when one has ended', async () => {
    await rig.close();
    rig = await openRig({ settings: { ...rig.deps.settings, maxConcurrentOrders: 2 } });
    await rig.place();
    const first = rig.placed();
    await rig.place();
    const refused = await rig.place();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(rig.published).toHaveLength(2);

    fulfil(rig, first);
    expect((await rig.place()).status).toBe(202);
  });
});

describe('Idempotency-Key', () => {
  it('gives the same answer to the same body, and places one order', async () => {
    const first = await rig.place(EXAMPLE_ORDER, { 'idempotency-key': '"booking-1"' });
    const reordered = Object.fromEntries(Object.entries(EXAMPLE_ORDER).reverse());
    const second = await rig.place(reordered, { 'idempotency-key': 'booking-1' });

    const body = await jsonOf<ReceiptView>(first);
    expect(body.orderId).toMatch(UUID_V5);
    expect(await second.json()).toEqual(body);
    expect(second.status).toBe(202);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect([first.headers.get('idempotency-replayed'), second.headers.get('idempotency-replayed')]).toEqual([
      null,
      'true',
    ]);
    expect(rig.published).toHaveLength(1);
  });

  it('repeats a waited-for order as it was answered, from a store that holds none of it in clear', async () => {
    const kept: string[] = [];
    const { claim, answer, release } = rig.deps.idempotency;
    Object.assign(rig.deps.idempotency, {
      claim,
      release,
      answer: (key: string, fingerprint: string, sealed: string) => (
        kept.push(key, fingerprint, sealed), answer(key, fingerprint, sealed)
      ),
    });
    rig.whenPublished(({ command }) => void fulfil(rig, command.place!));
    const headers = { 'idempotency-key': 'booking-ada', prefer: 'wait=5' };
    const first = await rig.place(EXAMPLE_ORDER, headers);
    const second = await rig.place(EXAMPLE_ORDER, headers);

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(await second.text()).toBe(await first.text());
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(kept).toHaveLength(3);
    for (const secret of ['ada@example.com', 'Lovelace', 'booking-ada']) expect(kept.join()).not.toContain(secret);
  });

  it('refuses another body under the key with 422', async () => {
    await rig.place(EXAMPLE_ORDER, { 'idempotency-key': 'k' });
    const other = await rig.place({ ...EXAMPLE_ORDER, channel: 'mobile' }, { 'idempotency-key': 'k' });
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ code: 'key_reused', retryable: false });
    expect(rig.published).toHaveLength(1);
  });

  it('answers 409 while the first request is in flight', async () => {
    let arrived = (): void => {};
    const inFlight = new Promise<void>((resolve) => (arrived = resolve));
    rig.whenPublished(() => arrived());
    const first = rig.place(EXAMPLE_ORDER, { 'idempotency-key': 'k', prefer: 'wait=30' });
    await inFlight;
    const second = await rig.place(EXAMPLE_ORDER, { 'idempotency-key': 'k' });
    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({ code: 'request_in_flight', retryable: true });

    fulfil(rig, rig.placed());
    expect((await first).status).toBe(201);
  });

  it('names the same order again where the store has forgotten the key', async () => {
    const first = await jsonOf<ReceiptView>(rig.place(EXAMPLE_ORDER, { 'idempotency-key': 'k' }));
    const firstCommand = rig.published[0]!.command.commandId;
    await rig.close();
    rig = await openRig();
    const second = await jsonOf<ReceiptView>(rig.place(EXAMPLE_ORDER, { 'idempotency-key': 'k' }));
    expect(second.orderId).toBe(first.orderId);
    expect(rig.published[0]!.command.commandId).toBe(firstCommand);
  });

  it('keeps no faulty request: the key is free for the corrected one', async () => {
    expect((await rig.place({}, { 'idempotency-key': 'k' })).status).toBe(400);
    expect((await rig.place(EXAMPLE_ORDER, { 'idempotency-key': 'k' })).status).toBe(202);
  });

  it.each(['', '"', 'a b', `"${'x'.repeat(256)}"`, 'x'.repeat(256)])('refuses %j as a key', async (key) => {
    const response = await rig.place(EXAMPLE_ORDER, { 'idempotency-key': key });
    expect(response.status).toBe(400);
    expect((await jsonOf<ProblemBody>(response)).errors).toEqual([
      expect.objectContaining({ pointer: '/headers/idempotency-key', code: 'invalid_format' }),
    ]);
  });

  it('is refused with 503 while the store is away, rather than heeded by half', async () => {
    await rig.close();
    rig = await openRig({
      idempotency: {
        claim: () => Promise.reject(new Error('no redis')),
        answer: async () => {},
        release: async () => {},
      },
    });
    expect((await rig.place(EXAMPLE_ORDER, { 'idempotency-key': 'k' })).status).toBe(503);
    expect(rig.published).toEqual([]);
    expect((await rig.place()).status).toBe(202);
  });
});

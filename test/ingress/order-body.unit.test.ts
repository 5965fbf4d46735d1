import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_ORDER } from '../../ingress/order-body.ts';
import type { ProblemBody } from '../../ingress/problem.ts';
import { jsonOf, openRig, type Rig } from './rig.ts';

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

async function faultsOf(body: unknown): Promise<[pointer: string, code: string][]> {
  const response = await rig.place(body);
  const problem = await jsonOf<ProblemBody>(response);
  expect(response.status).toBe(400);
  expect(problem.code).toBe('invalid_order');
  return problem.errors.map(({ pointer, code }) => [pointer, code]);
}

const order = EXAMPLE_ORDER;
const [passenger] = order.passengers as [(typeof order.passengers)[number]];
const [flight, bag] = order.items;
const without = (member: string): unknown =>
  Object.fromEntries(Object.entries(order).filter(([name]) => name !== member));

describe('an order body', () => {
  it('is refused with every fault listed at once', async () => {
    const faults = await faultsOf({
      ...order,
      channel: 'fax',
      customer: { ...order.customer, email: 'nobody', phone: '12' },
      passengers: [{ ...passenger, type: 'CAT', dateOfBirth: '1985-02-30', givenName: '' }],
      items: [
        { ...flight, flightNumber: 'ia101', passengerIds: [] },
        { ...bag, passengerIds: ['P1', 'P9', 'P1'] },
        { type: 'hotel' },
      ],
      currency: 'XXX',
      expectedTotal: { amount: 1.5, currency: 'USD' },
      payment: { method: 'cash', token: '' },
      status: 'Fulfilled',
    });
    expect(faults).toEqual(
      expect.arrayContaining([
        ['/channel', 'not_allowed'],
        ['/customer/email', 'invalid_format'],
        ['/customer/phone', 'invalid_format'],
        ['/passengers/0/type', 'not_allowed'],
        ['/passengers/0/dateOfBirth', 'invalid_format'],
        ['/passengers/0/givenName', 'invalid_format'],
        ['/items/0/flightNumber', 'invalid_format'],
        ['/items/0/passengerIds', 'too_small'],
        ['/items/1/passengerIds/1', 'unknown_passenger'],
        ['/items/1/passengerIds/2', 'duplicate'],
        ['/items/2/type', 'not_allowed'],
        ['/currency', 'unsupported_currency'],
        ['/expectedTotal/amount', 'invalid_type'],
        ['/payment/method', 'not_allowed'],
        ['/payment/token', 'invalid_format'],
        ['/status', 'unknown_field'],
      ]),
    );
    expect(faults).toHaveLength(16);
  });

  it.each(['channel', 'customer', 'passengers', 'items', 'currency', 'payment'])('needs %s', async (member) => {
    expect(await faultsOf(without(member))).toContainEqual([`/${member}`, 'required']);
  });

  it('lists what is missing deep inside', async () => {
    const { dateOfBirth: _, ...young } = passenger;
    expect(await faultsOf({ ...order, passengers: [young] })).toEqual([['/passengers/0/dateOfBirth', 'required']]);
  });

  it.each([
    [{ status: 'Fulfilled' }, '/status'],
    [{ version: 7 }, '/version'],
    [{ orderId: 'mine' }, '/orderId'],
    [{ total: { amount: 1, currency: 'USD' } }, '/total'],
    [{ 'a/b~c': 1 }, '/a~1b~0c'],
    [{ items: [{ ...flight, price: { amount: 1, currency: 'USD' } }] }, '/items/0/price'],
    [{ items: [{ ...flight, itemId: 'I9' }] }, '/items/0/itemId'],
    [{ payment: { ...order.payment, status: 'captured' } }, '/payment/status'],
    [{ customer: { ...order.customer, role: 'admin' } }, '/customer/role'],
  ])("is refused for a field that is not the client's to set: %j", async (extra, pointer) => {
    expect(await faultsOf({ ...order, ...extra })).toEqual([[pointer, 'unknown_field']]);
  });

  it.each([
    [
      '/passengers',
      { passengers: Array.from({ length: 10 }, (_, i) => ({ ...passenger, passengerId: `P${i + 1}` })) },
      'too_big',
    ],
    ['/passengers', { passengers: [] }, 'too_small'],
    ['/items', { items: [] }, 'too_small'],
    ['/items', { items: Array.from({ length: 61 }, () => flight) }, 'too_big'],
    ['/passengers/1/passengerId', { passengers: [passenger, passenger] }, 'duplicate'],
    ['/passengers/0/dateOfBirth', { passengers: [{ ...passenger, dateOfBirth: '2026-11-23' }] }, 'in_the_future'],
    ['/expectedTotal/currency', { expectedTotal: { amount: 1, currency: 'EUR' } }, 'currency_mismatch'],
    ['/expectedTotal/amount', { expectedTotal: { amount: -1, currency: 'USD' } }, 'too_small'],
  ])('has a fault at %s', async (pointer, change, code) => {
    expect(await faultsOf({ ...order, ...change })).toContainEqual([pointer, code]);
  });

  it.each([[[]], [null], ['"order"'], [7], [true]])('is an object, not %j', async (body) => {
    expect(await faultsOf(body)).toEqual([['', 'invalid_type']]);
  });

  it.each([
    ['no telephone', { customer: { customerId: 'C-1', email: 'a@b.example' } }],
    ['no expected total', { expectedTotal: undefined }],
    [
      'a name in another script',
      { passengers: [{ ...passenger, givenName: 'Ольга', familyName: "'t Hooft-Ó Néill" }] },
    ],
    [
      'a travel document',
      {
        passengers: [
          {
            ...passenger,
            document: { type: 'passport', number: 'X1234567', issuingCountry: 'GB', expiresOn: '2031-01-31' },
          },
        ],
      },
    ],
    ['an ancillary for the whole trip', { items: [flight, { type: 'ancillary', code: 'BAG1', passengerIds: ['P1'] }] }],
    [
      'a born-today infant',
      { passengers: [passenger, { ...passenger, passengerId: 'P2', type: 'INF', dateOfBirth: '2026-11-22' }] },
    ],
  ])('is taken with %s', async (_what, change) => {
    expect((await rig.place({ ...order, ...change })).status).toBe(202);
  });

  it('is never repeated in the answer', async () => {
    const response = await rig.place({
      ...order,
      channel: 'secret-channel',
      customer: { ...order.customer, email: 'secret@@example' },
    });
    expect(await response.text()).not.toMatch(/secret/);
  });
});

describe('a body with a card number', () => {
  it.each([
    ['as the token', { payment: { method: 'card', token: '4111111111111111' } }],
    ['in a name, grouped', { passengers: [{ ...passenger, givenName: '4111 1111 1111 1111' }] }],
    ['as a number', { expectedTotal: { amount: 4_111_111_111_111_111, currency: 'USD' } }],
    ["as a member's name", { '5555-5555-5555-4444': true }],
    ['in a field nobody knows', { notes: ['card 378282246310005 exp 12/27'] }],
  ])('is refused and not repeated: %s', async (_where, change) => {
    const published = rig.published.length;
    const response = await rig.place({ ...order, ...change });
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ code: 'pan_not_accepted', errors: [] });
    expect(text.replaceAll(UUID, '')).not.toMatch(/4111|5555|3782/);
    expect(rig.published).toHaveLength(published);
    expect(JSON.stringify(rig.logged).replaceAll(UUID, '')).not.toMatch(/4111|5555|3782/);
  });

  it('is refused however the digits are written', async () => {
    const escaped = JSON.stringify(order).replace('tok_visa', '\\u0034111111111111111');
    expect((await jsonOf<ProblemBody>(rig.place(escaped))).code).toBe('pan_not_accepted');
    const exponent = JSON.stringify({ ...order, n: 0 }).replace('"n":0', '"n":411111111111111100e-2');
    expect((await jsonOf<ProblemBody>(rig.place(exponent))).code).toBe('pan_not_accepted');
    expect((await jsonOf<ProblemBody>(rig.place('{"n": 4111111111111111, broken'))).code).toBe('pan_not_accepted');
  });

  it('is refused with a challenge result as well', async () => {
    const response = await rig.request('/api/v1/orders/x/payment', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"challengeResult":"4111111111111111"}',
    });
    expect((await jsonOf<ProblemBody>(response)).code).toBe('pan_not_accepted');
  });
});

describe('what is no JSON body', () => {
  const post = (body: RequestInit['body'], headers: Record<string, string>) =>
    rig.request('/api/v1/orders', { method: 'POST', body, headers });

  it.each([
    [
      'another media type',
      'a=1',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported_media_type',
    ],
    ['text', JSON.stringify(order), { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    [
      'an unknown encoding',
      'x',
      { 'content-type': 'application/json', 'content-encoding': 'zip' },
      415,
      'unsupported_media_type',
    ],
    ['broken JSON', '{"channel": "web"', { 'content-type': 'application/json' }, 400, 'malformed_json'],
    ['nothing', '', { 'content-type': 'application/json' }, 400, 'malformed_json'],
    [
      'bytes that are no UTF-8',
      Buffer.from([0x22, 0xff, 0x22]),
      { 'content-type': 'application/json' },
      400,
      'malformed_json',
    ],
    [
      'a broken gzip stream',
      'not gzip',
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      400,
      'invalid_request',
    ],
    [
      'more than 256 KB',
      JSON.stringify({ x: 'x'.repeat(256 * 1024) }),
      { 'content-type': 'application/json' },
      413,
      'body_too_large',
    ],
  ])('is refused: %s', async (_what, body, headers, status, code) => {
    const response = await post(body, headers);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ status, code, instance: '/api/v1/orders' });
  });

  it('takes a body of just under 256 KB for what it is', async () => {
    const body = JSON.stringify({ x: 'x'.repeat(256 * 1024 - 20) });
    expect((await post(body, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(400);
  });

  it('lists no more than 500 faults of a hostile body', async () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`k${i}`, 1]));
    const problem = await jsonOf<ProblemBody>(rig.place(many));
    expect(problem.errors).toHaveLength(500);
    expect(problem.detail).toBe('The body has 3006 faults.');
  });
});

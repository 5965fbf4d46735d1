import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Api, orderBody, travelDate } from './api.ts';
import { Installation } from './installation.ts';
import { SandboxLedger } from './sandbox-ledger.ts';
import { expectOk, verdictOf } from './verification.ts';

let installation: Installation;
let api: Api;
let sandbox: SandboxLedger;

beforeAll(async () => {
  installation = await Installation.start({ ...inject('system') });
  api = new Api(installation.url);
  sandbox = new SandboxLedger(installation.config.sandboxUrl);
});
afterAll(() => installation?.stop());

/** Seat counts on show may be a little old. */
const SEATS_SHOWN = { timeout: 10_000 };

const FULFILLED = [
  'Received', 'Validating', 'Validated', 'InventoryHold', 'PaymentPending', 'PaymentApproved', 'Processing', 'InventoryConfirmed', 'Ticketing', 'TicketIssued',
  'Confirmed', 'Fulfilled',
];

describe('a payment token decides how the order ends', () => {
  test.each([['tok_visa', 41], ['tok_mastercard', 42], ['tok_amex', 43]])('%s is approved: seats sold, money captured, tickets and messages out', async (token, daysAhead) => {
    const date = travelDate(daysAhead);
    const before = await api.available('IA110', date);
    const order = await api.place(orderBody({ token, flight: 'IA110', date }));
    expect(order).toMatchObject({ status: 'Fulfilled', bookingReference: expect.stringMatching(/^[A-Z0-9]{6}$/), tickets: [{ passengerId: 'P1', ticketNumber: expect.stringMatching(/^\d{13}$/) }] });
    expect(await api.history(order.orderId)).toEqual(FULFILLED);
    expect(await sandbox.kinds(order.orderId)).toEqual(['authorisation', 'capture']);
    expect((await sandbox.messages(order.orderId)).map(({ channel }) => channel)).toContain('email');
    await expect.poll(async () => (await api.available('IA110', date)).Y, SEATS_SHOWN).toBe((before.Y as number) - 1);
  });

  test.each([['tok_declined', 'card_declined'], ['tok_insufficient_funds', 'insufficient_funds'], ['tok_expired_card', 'expired_card']])(
    '%s fails with its decline code, and the seats come back',
    async (token, code) => {
      const date = travelDate(32);
      const before = await api.available('IA111', date);
      const order = await api.place(orderBody({ token, flight: 'IA111', date }));
      expect(order).toMatchObject({ status: 'Cancelled', payment: { declineCode: code }, tickets: [] });
      expect((await api.history(order.orderId)).slice(-2)).toEqual(['PaymentFailed', 'Cancelled']);
      expect(await sandbox.kinds(order.orderId)).toEqual(['decline']);
      expect(await sandbox.messages(order.orderId)).toEqual([]);
      await expect.poll(() => api.available('IA111', date), SEATS_SHOWN).toEqual(before);
    },
  );

  test('tok_3ds waits for its challenge and is fulfilled once authenticated', async () => {
    const order = await waitingForPayer();
    expect(await api.authenticate(order.orderId, 'authenticated')).toBe(202);
    const fulfilled = await api.until(order.orderId, ({ status }) => status === 'Fulfilled');
    expect(fulfilled.tickets).toHaveLength(1);
    expect(await sandbox.kinds(order.orderId)).toEqual(['challenge', 'authorisation', 'capture']);
    expect(await api.authenticate(order.orderId, 'authenticated')).toBe(409);
  });

  test('tok_3ds is cancelled when the challenge fails', async () => {
    const order = await waitingForPayer();
    expect(await api.authenticate(order.orderId, 'failed')).toBe(202);
    await api.until(order.orderId, ({ status }) => status === 'Cancelled');
    expect((await api.history(order.orderId)).slice(-2)).toEqual(['PaymentFailed', 'Cancelled']);
    expect(await sandbox.kinds(order.orderId)).not.toContain('authorisation');
  });

  test('tok_3ds can be cancelled while it waits', async () => {
    const order = await waitingForPayer();
    expect(await api.cancel(order.orderId)).toBe(202);
    await api.until(order.orderId, ({ status }) => status === 'Cancelled');
    expect(await sandbox.kinds(order.orderId)).not.toContain('authorisation');
  });

  test('tok_timeout loses the answer after charging: it is found again, one charge', async () => {
    const order = await api.place(orderBody({ token: 'tok_timeout' }));
    expect(order.status).toBe('Fulfilled');
    expect(await sandbox.kinds(order.orderId)).toEqual(['authorisation', 'capture']);
  });

  test('tok_flaky answers 500 twice, then approves', async () => {
    const order = await api.place(orderBody({ token: 'tok_flaky' }));
    expect(order.status).toBe('Fulfilled');
    expect(await sandbox.kinds(order.orderId)).toEqual(['authorisation', 'capture']);
  });

  test('tok_fraud is declined before any hold and any charge', async () => {
    const order = await api.place(orderBody({ token: 'tok_fraud' }));
    expect(order).toMatchObject({ status: 'Cancelled', closure: { reason: 'fraud_declined' } });
    const history = await api.history(order.orderId);
    expect(history).not.toContain('InventoryHold');
    expect(await sandbox.kinds(order.orderId)).toEqual([]);
  });
});

describe('a flight decides how the order ends', () => {
  test('IA901 cannot be ticketed: money and seats go back', async () => {
    const date = travelDate(33);
    const before = await api.available('IA901', date);
    const order = await api.place(orderBody({ flight: 'IA901', date }));
    expect(order.status).toBe('Refunded');
    expect((await api.history(order.orderId)).slice(-3)).toEqual(['TicketingFailed', 'Refunding', 'Refunded']);
    expect(await sandbox.kinds(order.orderId)).toEqual(['authorisation', 'void']);
    await expect.poll(() => api.available('IA901', date), SEATS_SHOWN).toEqual(before);
  });

  test('IA902 is sold out: nothing is authorised', async () => {
    const order = await api.place(orderBody({ flight: 'IA902' }));
    expect(order).toMatchObject({ status: 'Cancelled', closure: { reason: 'sold_out' } });
    expect((await api.history(order.orderId)).slice(-2)).toEqual(['InventoryFailed', 'Cancelled']);
    expect(await sandbox.kinds(order.orderId)).toEqual([]);
  });

  test('IA903 has one seat: of 50 orders at once exactly one gets it', async () => {
    const date = travelDate(34);
    const orders = await Promise.all(Array.from({ length: 50 }, () => api.place(orderBody({ flight: 'IA903', date }))));
    const won = orders.filter(({ status }) => status === 'Fulfilled');
    expect(won).toHaveLength(1);
    expect(orders.filter(({ status }) => status === 'Cancelled')).toHaveLength(49);
    await expect.poll(async () => (await api.available('IA903', date)).Y, SEATS_SHOWN).toBe(0);
    for (const { orderId, status } of orders) if (status === 'Cancelled') expect(await sandbox.kinds(orderId)).toEqual([]);
  });
});

test('a fulfilled order can be cancelled: refunded, seats back, booking gone', async () => {
  const date = travelDate(35);
  const before = await api.available('IA112', date);
  const order = await api.place(orderBody({ flight: 'IA112', date }));
  expect(await api.cancel(order.orderId)).toBe(202);
  await api.until(order.orderId, ({ status }) => status === 'Refunded');
  expect(await sandbox.kinds(order.orderId)).toEqual(['authorisation', 'capture', 'refund']);
  await expect.poll(() => api.available('IA112', date), SEATS_SHOWN).toEqual(before);
});

test('an impossible order is Invalid, with every fault listed', async () => {
  const body = orderBody({ flight: 'IA198', bookingClass: 'Z' });
  body.items.push({ type: 'ancillary', code: 'NOSUCH', passengerIds: ['P1'] } as never);
  const order = await api.place(body);
  expect(order.status).toBe('Invalid');
  expect((order.faults ?? []).map(({ pointer }) => pointer)).toEqual(['/items/0/bookingClass', '/items/1/code']);
});

test('what all this left behind verifies', async () => {
  expectOk(await verdictOf(installation));
});

async function waitingForPayer() {
  const placed = await api.post(orderBody({ token: 'tok_3ds' }));
  expect(placed.status).toBe(202);
  return api.until(placed.body.orderId, ({ status }) => status === 'PaymentPending');
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSandboxNotification } from '../../../connectors/sandbox-notification/index.ts';
import { openSandboxPayment } from '../../../connectors/sandbox-payment/index.ts';
import { openSandboxLedger } from '../../../connectors/sandbox-payment/ledger.ts';
import { openSandboxReservation } from '../../../connectors/sandbox-reservation/index.ts';
import { freePort, SANDBOX_MAIN, startSandbox, type SandboxProcess } from '../sandbox-process.ts';

let sandbox: SandboxProcess;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const call = (path: string, init?: RequestInit) => fetch(`${sandbox.url}${path}`, init);
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  call(path, { method: 'POST', body, headers });
const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

describe('sandbox over HTTP', () => {
  it.each([
    ['/nowhere', 404, 'not_found'],
    ['/', 404, 'not_found'],
    ['/constructor', 404, 'not_found'],
    ['/payments', 404, 'not_found'],
    ['/payments/unknown:charge', 404, 'payment_not_found'],
    ['/payments/%zz', 400, 'malformed_path'],
    ['/bookings/unknown', 404, 'booking_not_found'],
    ['/messages', 400, 'order_id_needed'],
    ['/ledger?limit=0', 400, 'invalid_page'],
    ['/ledger?after=x', 400, 'invalid_page'],
    ['/health/weather', 404, 'not_found'],
  ])('GET %s answers %d %s', async (path, status, code) => {
    const answer = await call(path);
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
  });

  it.each([
    ['not JSON', '{"orderId":', 400, 'malformed_json'],
    ['no body', '', 400, 'invalid_body'],
    ['an incomplete body', '{"orderId":"o-1","amount":1}', 400, 'invalid_body'],
    ['an enormous body', JSON.stringify({ orderId: 'x'.repeat(300_000) }), 413, 'body_too_large'],
  ])('POST /payments refuses %s', async (_, body, status, code) => {
    const answer = await post('/payments', body, { 'idempotency-key': 'o-1:charge' });
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
  });

  it('refuses a payment without a key', async () => {
    const body = { orderId: 'o-1', amount: 1, currency: 'USD', method: 'card', token: 'tok_visa' };
    expect(await codeOf(await post('/payments', JSON.stringify(body)))).toBe('invalid_key');
  });

  it('names faulty fields without repeating their values', async () => {
    const answer = await post(
      '/bookings',
      JSON.stringify({ orderId: 'o-1', passengers: [{ givenName: 4, familyName: 'Turing' }] }),
    );
    const text = await answer.text();
    expect(text).toContain('passengers.0.givenName');
    expect(text).not.toContain('Turing');
  });

  it('shows faults that are switched on, and refuses unknown ones', async () => {
    await sandbox.faults.set({ system: 'payment', mode: 'slow', latencyMs: 5, rate: 0.5 });
    expect(await (await call('/faults')).json()).toEqual({
      faults: [{ system: 'payment', mode: 'slow', latencyMs: 5, rate: 0.5, count: null, struck: 0 }],
    });
    expect((await post('/faults', '{"system":"payment","mode":"flood"}')).status).toBe(400);
    await sandbox.faults.clear();
    expect(await (await call('/faults')).json()).toEqual({ faults: [] });
  });

  it('is found down by the check of the system that is down, and by no other', async () => {
    const options = { url: sandbox.url, timeoutMs: 5_000 };
    const [payment, reservation] = [await openSandboxPayment(options), await openSandboxReservation(options)];
    await sandbox.faults.set({ system: 'payment', mode: 'down' });
    await expect(payment.check()).rejects.toMatchObject({ name: 'TransientFault' });
    await reservation.check();
    await sandbox.faults.clear();
    await payment.check();
    await Promise.all([payment.close(), reservation.close()]);
  });

  it('keeps books whose pages add up to the summary', async () => {
    const port = await openSandboxPayment({ url: sandbox.url, timeoutMs: 5_000 });
    const amounts = [100, 250, 999];
    for (const [index, amount] of amounts.entries()) {
      const key = `books-${index}:charge`;
      const money = { amount, currency: 'JPY' };
      await port.authorize({
        idempotencyKey: key,
        orderId: `books-${index}`,
        amount: money,
        method: 'card',
        token: 'tok_visa',
      });
      await port.capture(key, money);
    }
    await port.reverse('books-0:charge');
    const books = openSandboxLedger({ url: sandbox.url, timeoutMs: 5_000 });
    const all = [];
    for await (const entry of books.entries()) all.push(entry);
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    const summary = await books.summary();
    expect(summary).toMatchObject({ entries: all.length, lastSeq: all.length });
    expect(summary.totals.filter(({ currency }) => currency === 'JPY')).toEqual([
      { kind: 'authorisation', currency: 'JPY', count: 3, amount: 1_349 },
      { kind: 'capture', currency: 'JPY', count: 3, amount: 1_349 },
      { kind: 'refund', currency: 'JPY', count: 1, amount: 100 },
    ]);
    const page = (await (await call('/ledger?after=2&limit=3')).json()) as {
      entries: { seq: number }[];
      nextAfter: number;
    };
    expect([page.entries.map(({ seq }) => seq), page.nextAfter]).toEqual([[3, 4, 5], 5]);
    await Promise.all([port.close(), books.close()]);
  });

  it('neither keeps nor logs names, addresses or tokens; drains on SIGTERM and exits 0', async () => {
    const options = { url: sandbox.url, timeoutMs: 5_000 };
    const notification = await openSandboxNotification(options);
    const reservation = await openSandboxReservation(options);
    const payment = await openSandboxPayment(options);
    const passengers = [{ passengerId: 'P1', type: 'ADT', givenName: 'Grizelda', familyName: 'Quackenbush' }];
    const segments = [{ flightNumber: 'IA101', departureDate: '2026-12-24', bookingClass: 'Y', passengerIds: ['P1'] }];
    await reservation.ticket({ orderId: 'private-1', passengers, segments, airlineAccountingCode: '999' });
    await notification.send({
      idempotencyKey: 'private-1:notify',
      orderId: 'private-1',
      channel: 'email',
      to: 'grizelda@quackenbush.example',
      template: 'order-confirmed',
      locale: 'en',
      data: { name: 'Grizelda Quackenbush' },
    });
    await payment.authorize({
      idempotencyKey: 'private-1:charge',
      orderId: 'private-1',
      amount: { amount: 1, currency: 'USD' },
      method: 'card',
      token: 'tok_visa_secret99',
    });
    await sandbox.faults.set({ system: 'payment', mode: 'slow', latencyMs: 200 });
    const underWay = payment.capture('private-1:charge', { amount: 1, currency: 'USD' });
    await expect
      .poll(async () => ((await (await call('/faults')).json()) as { faults: { struck: number }[] }).faults[0]!.struck)
      .toBe(1);
    expect(await sandbox.stop()).toBe(0);
    expect((await underWay).kind).toBe('captured');
    await Promise.all([notification.close(), reservation.close(), payment.close()]);

    const file = readFileSync(join(sandbox.dataDir, 'sandbox', 'sandbox.sqlite'));
    expect(file.includes('private-1')).toBe(true);
    for (const secret of ['rizelda', 'uackenbush', 'secret99']) {
      expect(file.includes(secret)).toBe(false);
      expect(sandbox.output()).not.toContain(secret);
    }
    expect(sandbox.output()).toContain('stopped');
    for (const line of sandbox.output().trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ service: 'sandbox' });
  });

  it('ends when the process that started it is killed', async () => {
    const start = `
      const { fork } = require('node:child_process');
      fork(process.argv[1], [], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] }).on('message', () => console.log('ready'));`;
    const url = `http://127.0.0.1:${await freePort()}`;
    const env = { ...process.env, IAROS_SANDBOX_URL: url, IAROS_DATA_DIR: sandbox.dataDir };
    const parent = spawn(process.execPath, ['--eval', start, SANDBOX_MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    await once(parent.stdout, 'data');
    const lastHolderGone = once(parent.stderr.resume(), 'end');
    parent.kill('SIGKILL');
    await lastHolderGone;
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
  });
});

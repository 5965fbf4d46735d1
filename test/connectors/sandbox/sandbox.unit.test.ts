import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SandboxRequest } from '../../../connectors/sandbox/answer.ts';
import { Sandbox } from '../../../connectors/sandbox/sandbox.ts';

let sandbox: Sandbox;
let finishSlowAnswers: () => void;
const authorization = { orderId: 'o-1', amount: 100, currency: 'USD', method: 'card', token: 'tok_visa' };

beforeEach(() => {
  const { promise, resolve } = Promise.withResolvers<void>();
  finishSlowAnswers = resolve;
  sandbox = new Sandbox({ path: ':memory:', baseUrl: 'http://sandbox.test', now: () => 1_000, sleep: () => promise });
});
afterEach(() => sandbox.close());

function request(method: string, path: string, body?: object, idempotencyKey?: string): SandboxRequest {
  return { method, path: path.split('/'), query: new URLSearchParams(), idempotencyKey, body };
}

describe('sandbox', () => {
  it('takes calls for one payment one at a time, and lets others pass', async () => {
    sandbox.faults.set({ system: 'payment', mode: 'slow', count: 1 });
    const first = sandbox.handle(request('POST', 'payments', authorization, 'a:charge'));
    const inFlight = { status: 409, body: { error: { code: 'in_flight' } } };
    expect(await sandbox.handle(request('POST', 'payments', authorization, 'a:charge'))).toMatchObject(inFlight);
    expect(await sandbox.handle(request('POST', 'payments/a:charge/reverse'))).toMatchObject(inFlight);
    expect(await sandbox.handle(request('GET', 'payments/a:charge'))).toMatchObject({ status: 404 });
    expect(await sandbox.handle(request('POST', 'payments', authorization, 'b:charge'))).toMatchObject({ status: 200 });
    finishSlowAnswers();
    expect(await first).toMatchObject({ status: 200, body: { state: 'authorised' } });
    expect(await sandbox.handle(request('POST', 'payments/a:charge/reverse'))).toMatchObject({
      body: { outcome: 'voided' },
    });
  });

  it('stamps the ledger with its clock', async () => {
    await sandbox.handle(request('POST', 'payments', authorization, 'a:charge'));
    expect(sandbox.payment.ledger.page(0, 10)).toEqual([
      { seq: 1, at: 1_000, key: 'a:charge', orderId: 'o-1', kind: 'authorisation', amount: 100, currency: 'USD' },
    ]);
  });

  it('leaves books readable while a system is down', async () => {
    sandbox.faults.set({ system: 'payment', mode: 'down' });
    expect(await sandbox.handle(request('POST', 'payments', authorization, 'a:charge'))).toBe('connection_lost');
    expect(await sandbox.handle(request('GET', 'ledger'))).toEqual({
      status: 200,
      body: { entries: [], nextAfter: null },
    });
  });

  it('fails tok_flaky twice, with nothing stored', async () => {
    const flaky = request('POST', 'payments', { ...authorization, token: 'tok_flaky_1' }, 'a:charge');
    for (const status of [500, 500]) {
      expect(await sandbox.handle(flaky)).toMatchObject({ status });
      expect(sandbox.payment.find('a:charge')).toBeUndefined();
    }
    expect(await sandbox.handle(flaky)).toMatchObject({ status: 200, body: { state: 'authorised' } });
  });
});

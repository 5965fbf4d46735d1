import { describe, expect, it } from 'vitest';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';
import * as mapping from '../../../connectors/sandbox-payment/request.ts';

const KEY = 'o-1:charge';
const USD = { amount: 23_400, currency: 'USD' };
const approved = {
  key: KEY,
  orderId: 'o-1',
  amount: 23_400,
  currency: 'USD',
  state: 'authorised',
  authorizationId: 'auth_1',
};

describe('payment mapping', () => {
  it('maps an authorisation', () => {
    const request = { idempotencyKey: KEY, orderId: 'o-1', amount: USD, method: 'card', token: 'tok_visa' };
    expect(mapping.authorizeRequest(request)).toEqual({
      method: 'POST',
      path: '/payments',
      idempotencyKey: KEY,
      body: { orderId: 'o-1', amount: 23_400, currency: 'USD', method: 'card', token: 'tok_visa' },
    });
  });

  it('maps calls on a payment', () => {
    expect(mapping.captureRequest(KEY, USD)).toEqual({
      method: 'POST',
      path: '/payments/o-1%3Acharge/capture',
      body: USD,
    });
    expect(mapping.reverseRequest(KEY)).toEqual({ method: 'POST', path: '/payments/o-1%3Acharge/reverse' });
    expect(mapping.authenticateRequest(KEY, 'failed')).toEqual({
      method: 'POST',
      path: '/payments/o-1%3Acharge/authenticate',
      body: { result: 'failed' },
    });
  });

  it('reads a plain yes', () => {
    const outcome = mapping.authorizeOutcome({ status: 200, body: { ...approved, extra: 1 } }, KEY, USD);
    expect(outcome).toEqual({ kind: 'approved', authorizationId: 'auth_1', processor: 'sandbox' });
  });

  it.each<[string, number, unknown]>([
    ['nothing', 200, undefined],
    ['text', 200, 'approved'],
    ['an unknown state', 200, { ...approved, state: 'pending' }],
    ['no authorisation id', 200, { ...approved, authorizationId: '' }],
    ['another payment', 200, { ...approved, key: 'o-2:charge' }],
    ['another amount', 200, { ...approved, amount: 1 }],
    ['another currency', 200, { ...approved, currency: 'EUR' }],
    ['an address that is no web address', 200, { key: KEY, state: 'challenged', challengeUrl: 'javascript:alert(1)' }],
    ['a yes with the wrong status', 202, approved],
    ['a yes with a server fault', 500, approved],
  ])('takes %s for neither yes nor no', (_, status, body) => {
    expect(() => mapping.authorizeOutcome({ status, body }, KEY, USD)).toThrow(TransientFault);
  });

  it('reads refused captures, and only those that say why', () => {
    const refused = (status: number, code: string) =>
      mapping.captureOutcome({ status, body: { error: { code } } }, KEY, USD);
    expect(refused(402, 'voided')).toEqual({ kind: 'refused', code: 'voided' });
    expect(refused(404, 'payment_not_found')).toEqual({ kind: 'refused', code: 'payment_not_found' });
    expect(() => refused(404, 'not_found')).toThrow('answered 404 not_found');
    expect(() => refused(409, 'in_flight')).toThrow(TransientFault);
    const other = { key: KEY, captureId: 'cap_1', amount: 1 };
    expect(() => mapping.captureOutcome({ status: 200, body: other }, KEY, USD)).toThrow(TransientFault);
  });

  it('reads reversals', () => {
    const reversed = (body: object) => mapping.reversalOutcome({ status: 200, body: { key: KEY, ...body } }, KEY);
    expect(reversed({ outcome: 'nothing' })).toEqual({ kind: 'nothing' });
    expect(reversed({ outcome: 'refunded', reversalId: 'ref_1' })).toEqual({ kind: 'refunded', reversalId: 'ref_1' });
    expect(() => reversed({ outcome: 'voided' })).toThrow(TransientFault);
  });
});

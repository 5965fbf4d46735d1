import { describe, expect, it } from 'vitest';
import { behaviourOf } from '../../../connectors/sandbox/payment-tokens.ts';

describe('payment tokens', () => {
  it.each([
    ['tok_visa', { kind: 'approve' }],
    ['tok_mastercard', { kind: 'approve' }],
    ['tok_amex', { kind: 'approve' }],
    ['tok_declined', { kind: 'decline', code: 'card_declined' }],
    ['tok_insufficient_funds', { kind: 'decline', code: 'insufficient_funds' }],
    ['tok_expired_card', { kind: 'decline', code: 'expired_card' }],
    ['tok_3ds', { kind: 'challenge' }],
    ['tok_timeout', { kind: 'lose_answer' }],
    ['tok_flaky', { kind: 'fail_first', failures: 2 }],
  ])('%s and what starts with it behave alike', (token, behaviour) => {
    expect(behaviourOf(token)).toEqual(behaviour);
    expect(behaviourOf(`${token}_abc123`)).toEqual(behaviour);
  });

  it.each(['', 'tok_', 'visa', 'TOK_VISA', '4242'])('%j is no token', (token) => {
    expect(behaviourOf(token)).toEqual({ kind: 'decline', code: 'invalid_token' });
  });
});

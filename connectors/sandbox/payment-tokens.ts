/** What a payment token makes the simulated processor do. */
export type TokenBehaviour =
  | { kind: 'approve' }
  | { kind: 'decline'; code: string }
  | { kind: 'challenge' }
  /** Charges, then loses the answer of the first call. */
  | { kind: 'lose_answer' }
  /** Fails that many calls before anything is stored, then approves. */
  | { kind: 'fail_first'; failures: number };

const BEHAVIOURS: readonly (readonly [prefix: string, behaviour: TokenBehaviour])[] = [
  ['tok_visa', { kind: 'approve' }],
  ['tok_mastercard', { kind: 'approve' }],
  ['tok_amex', { kind: 'approve' }],
  ['tok_fraud', { kind: 'approve' }],
  ['tok_declined', { kind: 'decline', code: 'card_declined' }],
  ['tok_insufficient_funds', { kind: 'decline', code: 'insufficient_funds' }],
  ['tok_expired_card', { kind: 'decline', code: 'expired_card' }],
  ['tok_3ds', { kind: 'challenge' }],
  ['tok_timeout', { kind: 'lose_answer' }],
  ['tok_flaky', { kind: 'fail_first', failures: 2 }],
];
const LONGEST_FIRST = BEHAVIOURS.toSorted(([a], [b]) => b.length - a.length);

/** The behaviour of the longest prefix that matches: `tok_visa` and `tok_visa_abc123` behave alike. */
export function behaviourOf(token: string): TokenBehaviour {
  const match = LONGEST_FIRST.find(([prefix]) => token.startsWith(prefix));
  return match ? match[1] : { kind: 'decline', code: 'invalid_token' };
}

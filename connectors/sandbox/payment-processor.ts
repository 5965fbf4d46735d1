import { hash } from 'node:crypto';
import { PaymentLedger, type LedgerKind } from './payment-ledger.ts';
import { PaymentRecords, type PaymentRecord } from './payment-records.ts';
import { behaviourOf } from './payment-tokens.ts';
import type { SandboxStore } from './store.ts';

export interface Authorization {
  orderId: string;
  /** Minor units, above zero. */
  amount: number;
  currency: string;
  method: string;
  token: string;
}

export type Authorized =
  /** `answerLost`: it happened, but the caller is not to hear of it this time. */
  | { kind: 'payment'; payment: PaymentRecord; answerLost: boolean }
  | { kind: 'body_differs' }
  /** Nothing was stored; the same call may go through later. */
  | { kind: 'failed' };

export type Authenticated =
  | { kind: 'payment'; payment: PaymentRecord }
  | { kind: 'not_found' }
  | { kind: 'not_challenged' };
export type Captured =
  | { kind: 'payment'; payment: PaymentRecord }
  | { kind: 'not_found' }
  | { kind: 'refused'; code: string };
export type Reversed = { kind: 'voided' | 'refunded'; reversalId: string } | { kind: 'nothing' };

/**
 * A payment processor as seen by a merchant: payments by idempotency key, each a small state machine, and a ledger of every change.
 * A repeat of an authorisation answers as the first did until the payment is reversed; from then on nothing under the key succeeds.
 * Tokens are not kept. Calls must run inside the store's transaction.
 */
export class PaymentProcessor {
  readonly ledger: PaymentLedger;
  readonly #records: PaymentRecords;
  readonly #now: () => number;

  constructor(store: SandboxStore, now: () => number) {
    this.ledger = new PaymentLedger(store);
    this.#records = new PaymentRecords(store);
    this.#now = now;
  }

  find(key: string): PaymentRecord | undefined {
    return this.#records.find(key);
  }

  authorize(key: string, asked: Authorization): Authorized {
    const fingerprint = hash(
      'sha256',
      JSON.stringify([key, asked.orderId, asked.amount, asked.currency, asked.method, asked.token]),
    );
    const known = this.#records.find(key);
    if (known && known.state !== 'barred') {
      if (known.fingerprint !== fingerprint) return { kind: 'body_differs' };
      return { kind: 'payment', payment: known, answerLost: false };
    }
    const asNew = newPayment(key, asked, fingerprint);
    if (known) return this.#authorized(this.#decline(asNew, 'reversed'));
    const behaviour = behaviourOf(asked.token);
    switch (behaviour.kind) {
      case 'approve':
        return this.#authorized(this.#approve(asNew));
      case 'lose_answer':
        return this.#authorized(this.#approve(asNew), true);
      case 'decline':
        return this.#authorized(this.#decline(asNew, behaviour.code));
      case 'challenge':
        return this.#authorized(
          this.#change({ ...asNew, state: 'challenged', challenged: 1 }, 'challenge', asked.amount),
        );
      case 'fail_first':
        if (this.#records.failAttempt(key, behaviour.failures)) return { kind: 'failed' };
        return this.#authorized(this.#approve(asNew));
    }
  }

  /** Ends a challenge. The first result stands. */
  authenticate(key: string, result: 'authenticated' | 'failed'): Authenticated {
    const payment = this.#records.find(key);
    if (!payment) return { kind: 'not_found' };
    if (payment.state === 'barred') return { kind: 'payment', payment };
    if (!payment.challenged) return { kind: 'not_challenged' };
    if (payment.state !== 'challenged') return { kind: 'payment', payment };
    const ended = result === 'authenticated' ? this.#approve(payment) : this.#decline(payment, 'authentication_failed');
    return { kind: 'payment', payment: ended };
  }

  /** Takes the money, once. Less than authorised may be taken, never more. */
  capture(key: string, amount: number, currency: string): Captured {
    const payment = this.#records.find(key);
    if (!payment) return { kind: 'not_found' };
    if (payment.state === 'captured') {
      const repeat = payment.capturedAmount === amount && payment.currency === currency;
      return repeat ? { kind: 'payment', payment } : { kind: 'refused', code: 'already_captured' };
    }
    if (payment.state !== 'authorised') return { kind: 'refused', code: refusalCode(payment.state) };
    if (currency !== payment.currency) return { kind: 'refused', code: 'currency_differs' };
    if (amount > payment.amount) return { kind: 'refused', code: 'amount_exceeds_authorization' };
    const captured = { ...payment, state: 'captured' as const, captureId: idFor('cap', key), capturedAmount: amount };
    return { kind: 'payment', payment: this.#change(captured, 'capture', amount) };
  }

  /** Closes a challenge, voids, refunds, or bars the key where there is nothing yet. Repeats answer the first reversal. */
  reverse(key: string): Reversed {
    const payment = this.#records.find(key);
    if (!payment) {
      this.#records.save(barred(key));
      return { kind: 'nothing' };
    }
    switch (payment.state) {
      case 'barred':
      case 'declined':
        return { kind: 'nothing' };
      case 'voided':
      case 'refunded':
        return { kind: payment.state, reversalId: payment.reversalId! };
      case 'challenged':
      case 'authorised': {
        const released = payment.state === 'authorised' ? payment.amount : 0;
        const reversalId = idFor('void', key);
        this.#change({ ...payment, state: 'voided', reversalId }, 'void', released);
        return { kind: 'voided', reversalId };
      }
      case 'captured': {
        const reversalId = idFor('ref', key);
        this.#change({ ...payment, state: 'refunded', reversalId }, 'refund', payment.capturedAmount);
        return { kind: 'refunded', reversalId };
      }
    }
  }

  #approve(payment: PaymentRecord): PaymentRecord {
    const approved = { ...payment, state: 'authorised' as const, authorizationId: idFor('auth', payment.key) };
    return this.#change(approved, 'authorisation', payment.amount);
  }

  #decline(payment: PaymentRecord, declineCode: string): PaymentRecord {
    return this.#change({ ...payment, state: 'declined', declineCode }, 'decline', payment.amount);
  }

  #change(payment: PaymentRecord, kind: LedgerKind, amount: number): PaymentRecord {
    const { key, orderId, currency } = payment;
    this.ledger.append({ at: this.#now(), key, orderId: orderId!, kind, amount, currency: currency! });
    return this.#records.save(payment);
  }

  #authorized(payment: PaymentRecord, answerLost = false): Authorized {
    return { kind: 'payment', payment, answerLost };
  }
}

const BARRED: Omit<PaymentRecord, 'key'> = {
  orderId: null,
  fingerprint: null,
  amount: 0,
  currency: null,
  state: 'barred',
  authorizationId: null,
  captureId: null,
  capturedAmount: 0,
  reversalId: null,
  declineCode: null,
  challenged: 0,
};

function barred(key: string): PaymentRecord {
  return { key, ...BARRED };
}

/** A payment about to be decided; the state given here is never stored. */
function newPayment(key: string, asked: Authorization, fingerprint: string): PaymentRecord {
  return { ...barred(key), orderId: asked.orderId, fingerprint, amount: asked.amount, currency: asked.currency };
}

/** One payment has at most one authorisation, capture and reversal, so that the key alone names each. */
function idFor(prefix: string, key: string): string {
  return `${prefix}_${hash('sha256', `${prefix}|${key}`).slice(0, 24)}`;
}

function refusalCode(state: PaymentRecord['state']): string {
  if (state === 'barred') return 'reversed';
  return state === 'challenged' ? 'not_authorised' : state;
}

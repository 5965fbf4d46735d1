import type { StatementSync } from 'node:sqlite';
import type { SandboxStore } from './store.ts';

export type PaymentState = 'challenged' | 'authorised' | 'captured' | 'declined' | 'voided' | 'refunded' | 'barred';

/** All the processor knows of one payment. 'barred': reversed before it was ever asked for. */
export interface PaymentRecord {
  key: string;
  orderId: string | null;
  /** Hash of the first authorisation's body; null while barred. */
  fingerprint: string | null;
  amount: number;
  currency: string | null;
  state: PaymentState;
  authorizationId: string | null;
  captureId: string | null;
  capturedAmount: number;
  reversalId: string | null;
  declineCode: string | null;
  /** Whether the payer was ever asked to authenticate. */
  challenged: number;
}

const TABLES = `
CREATE TABLE IF NOT EXISTS payment (
  key TEXT PRIMARY KEY, order_id TEXT, fingerprint TEXT, amount INTEGER NOT NULL, currency TEXT, state TEXT NOT NULL,
  authorization_id TEXT, capture_id TEXT, captured_amount INTEGER NOT NULL, reversal_id TEXT, decline_code TEXT,
  challenged INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS payment_failed_attempt (key TEXT PRIMARY KEY, failures INTEGER NOT NULL) STRICT, WITHOUT ROWID;`;

/** Payments by idempotency key. */
export class PaymentRecords {
  readonly #find: StatementSync;
  readonly #save: StatementSync;
  readonly #failures: StatementSync;
  readonly #countFailure: StatementSync;

  constructor(store: SandboxStore) {
    store.declare(TABLES);
    this.#find = store.prepare(`SELECT key, order_id AS orderId, fingerprint, amount, currency, state,
      authorization_id AS authorizationId, capture_id AS captureId, captured_amount AS capturedAmount,
      reversal_id AS reversalId, decline_code AS declineCode, challenged FROM payment WHERE key = ?`);
    this.#save = store.prepare('INSERT OR REPLACE INTO payment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#failures = store.prepare('SELECT failures FROM payment_failed_attempt WHERE key = ?');
    this.#countFailure = store.prepare(`INSERT INTO payment_failed_attempt VALUES (?, 1)
      ON CONFLICT (key) DO UPDATE SET failures = failures + 1`);
  }

  find(key: string): PaymentRecord | undefined {
    return this.#find.get(key) as PaymentRecord | undefined;
  }

  save(record: PaymentRecord): PaymentRecord {
    this.#save.run(
      record.key,
      record.orderId,
      record.fingerprint,
      record.amount,
      record.currency,
      record.state,
      record.authorizationId,
      record.captureId,
      record.capturedAmount,
      record.reversalId,
      record.declineCode,
      record.challenged,
    );
    return record;
  }

  /** Counts a failed attempt unless `allowed` attempts have failed already; answers whether this one fails. */
  failAttempt(key: string, allowed: number): boolean {
    const row = this.#failures.get(key) as { failures: number } | undefined;
    if ((row?.failures ?? 0) >= allowed) return false;
    this.#countFailure.run(key);
    return true;
  }
}

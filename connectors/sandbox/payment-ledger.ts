import type { StatementSync } from 'node:sqlite';
import type { SandboxStore } from './store.ts';

export type LedgerKind = 'authorisation' | 'capture' | 'void' | 'refund' | 'decline' | 'challenge';

/** One change of a payment's state. Entries are never changed or removed. */
export interface LedgerEntry {
  /** 1, 2, 3… without gaps. */
  seq: number;
  /** ms since the epoch, UTC. */
  at: number;
  /** Idempotency key of the authorisation. */
  key: string;
  orderId: string;
  kind: LedgerKind;
  /** Minor units: asked for by challenge and decline, taken or given back by the others (0 where a challenge is closed). */
  amount: number;
  /** ISO 4217. */
  currency: string;
}

export interface LedgerSummary {
  entries: number;
  lastSeq: number;
  totals: { kind: LedgerKind; currency: string; count: number; amount: number }[];
}

const TABLE = `CREATE TABLE IF NOT EXISTS payment_ledger (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, key TEXT NOT NULL, order_id TEXT NOT NULL, kind TEXT NOT NULL,
  amount INTEGER NOT NULL, currency TEXT NOT NULL) STRICT`;

/** The processor's books: an append-only list in the order in which money moved. */
export class PaymentLedger {
  readonly #append: StatementSync;
  readonly #page: StatementSync;
  readonly #totals: StatementSync;
  readonly #last: StatementSync;

  constructor(store: SandboxStore) {
    store.declare(TABLE);
    this.#append = store.prepare(
      'INSERT INTO payment_ledger (at, key, order_id, kind, amount, currency) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#page = store.prepare(
      'SELECT seq, at, key, order_id AS orderId, kind, amount, currency FROM payment_ledger WHERE seq > ? ORDER BY seq LIMIT ?',
    );
    this.#totals = store.prepare(
      'SELECT kind, currency, count(*) AS count, sum(amount) AS amount FROM payment_ledger GROUP BY kind, currency ORDER BY kind, currency',
    );
    this.#last = store.prepare('SELECT coalesce(max(seq), 0) AS seq FROM payment_ledger');
  }

  append(entry: Omit<LedgerEntry, 'seq'>): void {
    this.#append.run(entry.at, entry.key, entry.orderId, entry.kind, entry.amount, entry.currency);
  }

  /** Entries with a higher sequence number than `after`, lowest first. */
  page(after: number, limit: number): LedgerEntry[] {
    return this.#page.all(after, limit) as unknown as LedgerEntry[];
  }

  summary(): LedgerSummary {
    const totals = this.#totals.all() as unknown as LedgerSummary['totals'];
    const { seq } = this.#last.get() as { seq: number };
    return { entries: totals.reduce((sum, row) => sum + row.count, 0), lastSeq: seq, totals };
  }
}

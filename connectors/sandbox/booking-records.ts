import type { StatementSync } from 'node:sqlite';
import type { SandboxStore } from './store.ts';

export type BookingState = 'ticketed' | 'cancelled' | 'rejected' | 'barred';

/** A booking as kept: who travels is known by passenger id only. */
export interface BookingRecord {
  orderId: string;
  state: BookingState;
  /** Hash of what was booked; null while barred. */
  fingerprint: string | null;
  bookingReference: string | null;
  /** Why it was rejected. */
  code: string | null;
  at: number;
}

export interface TicketRecord {
  passengerId: string;
  /** 13 digits. */
  ticketNumber: string;
}

const TABLES = `
CREATE TABLE IF NOT EXISTS booking (
  seq INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, fingerprint TEXT, booking_reference TEXT UNIQUE,
  code TEXT, at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS ticket (ticket_number TEXT PRIMARY KEY, order_id TEXT NOT NULL, passenger_id TEXT NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ticket_by_order ON ticket (order_id);
CREATE TABLE IF NOT EXISTS ticket_stock (name TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO ticket_stock VALUES ('document', 2400000001);`;

const COLUMNS = 'order_id AS orderId, state, fingerprint, booking_reference AS bookingReference, code, at';

/** Bookings by order, their tickets, and the stock of document numbers. */
export class BookingRecords {
  readonly #find: StatementSync;
  readonly #page: StatementSync;
  readonly #insert: StatementSync;
  readonly #setState: StatementSync;
  readonly #locator: StatementSync;
  readonly #tickets: StatementSync;
  readonly #insertTicket: StatementSync;
  readonly #takeDocument: StatementSync;

  constructor(store: SandboxStore) {
    store.declare(TABLES);
    this.#find = store.prepare(`SELECT ${COLUMNS} FROM booking WHERE order_id = ?`);
    this.#page = store.prepare(`SELECT seq, ${COLUMNS} FROM booking WHERE seq > ? ORDER BY seq LIMIT ?`);
    this.#insert = store.prepare(`INSERT INTO booking (order_id, state, fingerprint, booking_reference, code, at)
      VALUES (?, ?, ?, ?, ?, ?)`);
    this.#setState = store.prepare('UPDATE booking SET state = ? WHERE order_id = ?');
    this.#locator = store.prepare('SELECT 1 FROM booking WHERE booking_reference = ?');
    this.#tickets = store.prepare(`SELECT passenger_id AS passengerId, ticket_number AS ticketNumber
      FROM ticket WHERE order_id = ? ORDER BY ticket_number`);
    this.#insertTicket = store.prepare('INSERT INTO ticket VALUES (?, ?, ?)');
    this.#takeDocument = store.prepare(
      `UPDATE ticket_stock SET next = next + 1 WHERE name = 'document' RETURNING next - 1 AS taken`,
    );
  }

  find(orderId: string): BookingRecord | undefined {
    return this.#find.get(orderId) as BookingRecord | undefined;
  }

  page(after: number, limit: number): (BookingRecord & { seq: number })[] {
    return this.#page.all(after, limit) as unknown as (BookingRecord & { seq: number })[];
  }

  add(booking: BookingRecord): BookingRecord {
    const { orderId, state, fingerprint, bookingReference, code, at } = booking;
    this.#insert.run(orderId, state, fingerprint, bookingReference, code, at);
    return booking;
  }

  setState(orderId: string, state: BookingState): void {
    this.#setState.run(state, orderId);
  }

  locatorTaken(locator: string): boolean {
    return this.#locator.get(locator) !== undefined;
  }

  tickets(orderId: string): TicketRecord[] {
    return this.#tickets.all(orderId) as unknown as TicketRecord[];
  }

  /** Issues the next document number under the airline's code: form code and serial, 10 digits, never the same twice. */
  issueTicket(orderId: string, passengerId: string, airlineAccountingCode: string): void {
    const { taken } = this.#takeDocument.get() as { taken: number };
    this.#insertTicket.run(`${airlineAccountingCode}${String(taken).padStart(10, '0')}`, orderId, passengerId);
  }
}

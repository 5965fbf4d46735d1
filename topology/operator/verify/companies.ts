import { request } from 'undici';
import type { Booking, LedgerEntry } from './evidence.ts';

const PAGE = 1_000;

/** Reads a paged list of the sandbox to its end. */
async function readAll<Row extends { seq: number }>(url: string, list: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const answer = await request(`${url}?after=${rows.at(-1)?.seq ?? 0}&limit=${PAGE}`);
    if (answer.statusCode !== 200) throw new Error(`the sandbox answered ${answer.statusCode} for ${url}`);
    const page = ((await answer.body.json()) as Record<string, Row[]>)[list] as Row[];
    rows.push(...page);
    if (page.length < PAGE) return rows;
  }
}

/** The payment processor's books. */
export const readLedger = (sandboxUrl: string): Promise<LedgerEntry[]> => readAll<LedgerEntry & { seq: number }>(`${sandboxUrl}/ledger`, 'entries');

interface BookingRow {
  seq: number;
  orderId: string;
  state: string;
  tickets: { ticketNumber: string }[];
}

/** The reservation system's bookings. */
export async function readBookings(sandboxUrl: string): Promise<Booking[]> {
  const rows = await readAll<BookingRow>(`${sandboxUrl}/bookings`, 'bookings');
  return rows.map(({ orderId, state, tickets }) => ({ orderId, state, ticketNumbers: (tickets ?? []).map(({ ticketNumber }) => ticketNumber) }));
}

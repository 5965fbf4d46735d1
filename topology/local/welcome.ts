import type { StackRow } from './stack.ts';

/** Rows of text in columns, under their headings. */
export function textTable(rows: StackRow[]): string {
  const cells = [['service', 'how found', 'address'], ...rows.map((it) => [it.service, it.found, it.address])];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => (row[column] as string).length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

const DAY_MS = 86_400_000;
const DAYS_AHEAD = 30;

/** A command line that places an order and waits until it is fulfilled; safe to paste into a shell. */
export function orderCommand(url: string, devKey: string, today: Date): string {
  const departureDate = new Date(today.getTime() + DAYS_AHEAD * DAY_MS).toISOString().slice(0, 10);
  const flight = { flightNumber: 'IA101', departureDate };
  const order = {
    channel: 'web',
    customer: { customerId: 'C-1001', email: 'ada@example.com', phone: '+442071838750', locale: 'en-GB' },
    passengers: [
      { passengerId: 'P1', type: 'ADT', givenName: 'Ada', familyName: 'Lovelace', dateOfBirth: '1985-12-10' },
    ],
    items: [
      { type: 'flight', ...flight, bookingClass: 'Y', passengerIds: ['P1'] },
      { type: 'ancillary', code: 'BAG1', ...flight, passengerIds: ['P1'] },
    ],
    currency: 'USD',
    payment: { method: 'card', token: 'tok_visa' },
  };
  const headers = ['Content-Type: application/json', `Authorization: Bearer ${devKey}`, 'Prefer: wait=10'];
  const parts = [
    `curl -sS -X POST ${shellQuote(`${url}/api/v1/orders`)}`,
    ...headers.map((it) => `-H ${shellQuote(it)}`),
  ];
  return [...parts, `-d ${shellQuote(JSON.stringify(order))}`].join(' \\\n  ');
}

/** The text as one word of a POSIX shell, whatever it holds. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

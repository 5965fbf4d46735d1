import type { Settings } from '../settings.ts';

/** Whether the text is a ticket number: 3 digits of the airline, then 10 of the document. */
export const isTicketNumber = (text: string): boolean => /^\d{13}$/.test(text);

/**
 * Check digit of a 13-digit ticket number: unweighted modulus 7, over the 10-digit document number or, under
 * `airline_document13`, over all 13 digits. Printed after the number and never part of it.
 */
export function checkDigit(ticketNumber: string, scheme: Settings['ticketCheckDigitScheme']): number {
  if (!isTicketNumber(ticketNumber)) throw new RangeError('a ticket number has 13 digits');
  return Number(scheme === 'document10' ? ticketNumber.slice(3) : ticketNumber) % 7;
}

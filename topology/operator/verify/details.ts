import type { HoldRow, PaymentRow, TicketRow } from '../../../connectors/ports/sink-rows.ts';

/** An order's payment, hold and tickets, each as one text, so that they compare at a glance and take little room. */
export interface Details {
  /** null: none was tried. Money in minor units. */
  payment: string | null;
  hold: string | null;
  /** One a ticket, sorted. */
  tickets: readonly string[];
}

export const NO_DETAILS: Details = { payment: null, hold: null, tickets: [] };

/** `total` in minor units of `currency`. */
export const paymentText = (payment: PaymentRow, currency: string, total: number | null): string => {
  const { method, status, processor, authorizationId, captureId, reversalId, declineCode } = payment;
  return [method, status, processor, authorizationId, captureId, reversalId, declineCode, total, currency].map((part) => part ?? '-').join(' ');
};

export const holdText = ({ state, expiresAt }: HoldRow): string => `${state} until ${expiresAt}`;

export const ticketText = ({ ticketNumber, checkDigit, passengerId, state }: TicketRow): string => `${ticketNumber}-${checkDigit} ${passengerId} ${state}`;

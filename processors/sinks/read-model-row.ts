import type { HoldRow, LogPosition, OrderRow, PaymentRow, ReadModelRow, TicketRow } from '../../connectors/ports/sink-rows.ts';
import type { AnyOrderEvent, Order } from '../../schemas/types.ts';

/** What an event means for the read model: a line of history, and the order as it stands after it. */
export function readModelRow(event: AnyOrderEvent, position: LogPosition): ReadModelRow {
  const { eventId, orderId, version, type, status, occurredAt, causationId } = event;
  return {
    event: { eventId, orderId, version, type, status, occurredAt, causationId, ...position },
    order: orderRow(event),
  };
}

function orderRow({ order, orderId, version, status, occurredAt }: AnyOrderEvent): OrderRow {
  return {
    orderId,
    version,
    status,
    channel: order.channel,
    customerId: order.customer.customerId,
    currency: order.currency,
    totalMinor: order.total?.amount ?? null,
    placedAt: order.placedAt,
    updatedAt: occurredAt,
    bookingReference: order.bookingReference,
    closureReason: order.closure?.reason ?? null,
    snapshot: order,
    payment: paymentRow(order),
    hold: order.hold && holdRow(order.hold),
    tickets: ticketRows(order),
  };
}

const holdRow = ({ state, expiresAt }: HoldRow): HoldRow => ({ state, expiresAt });

/** An order that no payment was tried for has none. */
function paymentRow({ payment }: Order): PaymentRow | null {
  if (payment.status === 'none') return null;
  const { method, status, processor, authorizationId, captureId, reversalId, declineCode } = payment;
  return { method, status, processor, authorizationId, captureId, reversalId, declineCode };
}

/** Giving the seats back voids the tickets. */
function ticketRows({ tickets, hold }: Order): TicketRow[] {
  const state = hold?.state === 'released' ? 'voided' : 'issued';
  return tickets.map(({ passengerId, ticketNumber, checkDigit }) => ({ passengerId, ticketNumber, checkDigit, state }));
}

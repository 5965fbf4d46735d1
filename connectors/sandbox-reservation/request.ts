import { z } from 'zod';
import type { HttpAnswer, HttpRequest } from '../http/exchange.ts';
import { faultOf } from '../http/verdict.ts';
import type { TicketingOutcome, TicketingRequest } from '../ports/reservation.ts';

const SYSTEM = 'sandbox reservation';
const ORDER_ID = /^[A-Za-z0-9_:.-]{1,128}$/;

const Booking = z.discriminatedUnion('state', [
  z.object({
    orderId: z.string(),
    state: z.literal('ticketed'),
    bookingReference: z.string().regex(/^[A-Z0-9]{6}$/),
    tickets: z.array(z.object({ passengerId: z.string(), ticketNumber: z.string().regex(/^\d{13}$/) })),
  }),
  z.object({
    orderId: z.string(),
    state: z.literal('rejected'),
    code: z.string().regex(/^[a-z0-9_]{1,64}$/),
    detail: z.string().max(500),
  }),
]);
const Cancellation = z.object({ orderId: z.string(), outcome: z.enum(['cancelled', 'nothing']) });

export function ticketRequest(request: TicketingRequest): HttpRequest {
  checked(request.orderId);
  const { orderId, passengers, segments, airlineAccountingCode } = request;
  return { method: 'POST', path: '/bookings', body: { orderId, passengers, segments, airlineAccountingCode } };
}

export function cancelRequest(orderId: string): HttpRequest {
  return { method: 'POST', path: `/bookings/${encodeURIComponent(checked(orderId))}/cancel` };
}

/** A booking counts only where it has one ticket of the airline for each passenger asked for. */
export function ticketOutcome(answer: HttpAnswer, asked: TicketingRequest): TicketingOutcome {
  const booking = read(Booking, answer, asked.orderId);
  if (booking.state === 'rejected') return { kind: 'rejected', code: booking.code, detail: booking.detail };
  const { bookingReference, tickets } = booking;
  if (!isComplete(tickets, asked)) throw faultOf(`${SYSTEM}: tickets do not match the passengers`, answer);
  return { kind: 'ticketed', bookingReference, tickets };
}

export function cancelOutcome(answer: HttpAnswer, orderId: string): { kind: 'cancelled' } | { kind: 'nothing' } {
  return { kind: read(Cancellation, answer, orderId).outcome };
}

/** The body of a 200 that is well formed and speaks of our order; throws for every other answer. */
function read<T extends { orderId: string }>(schema: z.ZodType<T>, answer: HttpAnswer, orderId: string): T {
  const body = answer.status === 200 ? schema.safeParse(answer.body) : undefined;
  if (!body?.success || body.data.orderId !== orderId) throw faultOf(SYSTEM, answer);
  return body.data;
}

function isComplete(
  tickets: readonly { passengerId: string; ticketNumber: string }[],
  asked: TicketingRequest,
): boolean {
  const numbers = new Set(tickets.map(({ ticketNumber }) => ticketNumber));
  const holders = new Set(tickets.map(({ passengerId }) => passengerId));
  return (
    tickets.length === asked.passengers.length &&
    numbers.size === tickets.length &&
    asked.passengers.every(({ passengerId }) => holders.has(passengerId)) &&
    tickets.every(({ ticketNumber }) => ticketNumber.startsWith(asked.airlineAccountingCode))
  );
}

function checked(orderId: string): string {
  if (!ORDER_ID.test(orderId)) throw new Error('malformed order id: 1 to 128 letters, digits, _ : . or - are needed');
  return orderId;
}

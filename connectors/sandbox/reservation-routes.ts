import { z } from 'zod';
import { answer, invalidBody, NOT_FOUND, refusal, type SandboxAnswer, type SandboxRequest } from './answer.ts';
import { page } from './page.ts';
import type { Booking, ReservationSystem } from './reservation-system.ts';

const Id = z.string().regex(/^[A-Za-z0-9_:.-]{1,128}$/);
const MAX_PASSENGERS = 99;
const BookingBody = z.object({
  orderId: Id,
  airlineAccountingCode: z.string().regex(/^\d{3}$/),
  passengers: z
    .array(z.object({ passengerId: Id, type: z.string(), givenName: z.string().min(1), familyName: z.string().min(1) }))
    .min(1)
    .max(MAX_PASSENGERS),
  segments: z
    .array(
      z.object({
        flightNumber: z.string().regex(/^[A-Z0-9]{2,3}\d{1,4}$/),
        departureDate: z.iso.date(),
        bookingClass: z.string().regex(/^[A-Z]$/),
        passengerIds: z.array(Id).min(1),
      }),
    )
    .min(1),
});

const BOOKING_NOT_FOUND = refusal(404, 'booking_not_found', 'There is no booking for this order.');
const INVALID_ORDER_ID = refusal(400, 'invalid_order_id', 'An order id is 1 to 128 letters, digits, _ : . or -');
const BODY_DIFFERS = refusal(422, 'booking_differs', 'The order was booked before with other passengers or segments.');

/** POST /bookings, POST /bookings/{orderId}/cancel, GET /bookings/{orderId}, GET /bookings?after&limit. */
export function reservationRoutes(system: ReservationSystem): (request: SandboxRequest) => SandboxAnswer {
  return ({ method, path, query, body }) => {
    const [, orderId, action] = path;
    if (method === 'GET' && path.length === 1)
      return page('bookings', query, (after, limit) => system.page(after, limit));
    if (method === 'GET' && path.length === 2) {
      const booking = system.find(orderId!);
      return booking ? answer(200, booking) : BOOKING_NOT_FOUND;
    }
    if (method === 'POST' && path.length === 1) return book(system, body);
    if (method === 'POST' && path.length === 3 && action === 'cancel') {
      if (!Id.safeParse(orderId).success) return INVALID_ORDER_ID;
      return answer(200, { orderId, outcome: system.cancel(orderId!) });
    }
    return NOT_FOUND;
  };
}

function book(system: ReservationSystem, body: unknown): SandboxAnswer {
  const asked = BookingBody.safeParse(body);
  if (!asked.success) return invalidBody(asked.error);
  const { passengers, ...rest } = asked.data;
  const passengerIds = passengers.map(({ passengerId }) => passengerId);
  if (new Set(passengerIds).size < passengerIds.length) {
    return refusal(400, 'invalid_body', 'A passenger id appears twice.');
  }
  const result = system.book({ ...rest, passengerIds });
  return result.kind === 'body_differs' ? BODY_DIFFERS : answer(200, outcome(result.booking));
}

function outcome(booking: Booking): object {
  switch (booking.state) {
    case 'ticketed': {
      const { orderId, state, bookingReference, tickets } = booking;
      return { orderId, state, bookingReference, tickets };
    }
    case 'rejected':
      return rejected(booking.orderId, booking.code!, 'The carrier does not accept ticketing on this flight.');
    default:
      return rejected(booking.orderId, 'cancelled', 'The order was cancelled before.');
  }
}

function rejected(orderId: string, code: string, detail: string): object {
  return { orderId, state: 'rejected', code, detail };
}

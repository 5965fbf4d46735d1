import type { TicketingOutcome, TicketingRequest } from '../../connectors/ports/reservation.ts';
import type { Order, OrderEvent, Ticket } from '../../schemas/types.ts';
import { readIdentities } from '../orders/personal-data.ts';
import { type Context, type Draft, emit } from '../processor.ts';
import { checkDigit, isTicketNumber } from './check-digit.ts';

type Ticketed = Extract<TicketingOutcome, { kind: 'ticketed' }>;

/** Has the booking made and the e-tickets issued, one for each passenger. */
export async function ticket(
  event: OrderEvent<'InventoryConfirmed'>,
  context: Context,
): Promise<readonly Draft<'TicketIssued' | 'TicketingFailed'>[]> {
  const { order } = event;
  const passengers = await namedPassengers(order, context);
  if (!passengers) return failed(order, 'identity_unreadable');
  const outcome = await context.reservation.ticket(
    requestOf(order, passengers, context.settings.airlineAccountingCode),
  );
  if (outcome.kind === 'rejected') return failed(order, outcome.code);
  if (!isComplete(outcome, order)) return failed(order, 'incomplete_answer');
  const tickets = outcome.tickets.map(
    ({ passengerId, ticketNumber }): Ticket => ({
      passengerId,
      ticketNumber,
      checkDigit: checkDigit(ticketNumber, context.settings.ticketCheckDigitScheme),
    }),
  );
  return emit('TicketIssued', { ...order, bookingReference: outcome.bookingReference, tickets });
}

async function namedPassengers(order: Order, { keys }: Context): Promise<TicketingRequest['passengers'] | null> {
  const identities = await readIdentities(order, keys);
  const named = order.passengers.flatMap(({ passengerId, type }, index) => {
    const identity = identities[index];
    return identity ? [{ passengerId, type, givenName: identity.givenName, familyName: identity.familyName }] : [];
  });
  return named.length === order.passengers.length ? named : null;
}

function requestOf(
  order: Order,
  passengers: TicketingRequest['passengers'],
  airlineAccountingCode: string,
): TicketingRequest {
  const segments = order.items.flatMap(({ type, flightNumber, departureDate, bookingClass, passengerIds }) =>
    type === 'flight' && flightNumber !== null && departureDate !== null && bookingClass !== null
      ? [{ flightNumber, departureDate, bookingClass, passengerIds }]
      : [],
  );
  return { orderId: order.orderId, passengers, segments, airlineAccountingCode };
}

/** A booking reference, and a well-formed ticket of its own for every passenger. */
function isComplete({ bookingReference, tickets }: Ticketed, order: Order): boolean {
  const holders = new Set(
    tickets.filter(({ ticketNumber }) => isTicketNumber(ticketNumber)).map(({ passengerId }) => passengerId),
  );
  const distinct = new Set(tickets.map(({ ticketNumber }) => ticketNumber)).size === tickets.length;
  return (
    /^[A-Z0-9]{6}$/.test(bookingReference) &&
    distinct &&
    tickets.length === order.passengers.length &&
    order.passengers.every(({ passengerId }) => holders.has(passengerId))
  );
}

const failed = (order: Order, detail: string): readonly [Draft<'TicketingFailed'>] =>
  emit('TicketingFailed', { ...order, closure: { reason: 'ticketing_failed', detail } });

import { describe, expect, it } from 'vitest';
import type { TicketingRequest } from '../../../connectors/ports/reservation.ts';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';
import * as mapping from '../../../connectors/sandbox-reservation/request.ts';

const asked: TicketingRequest = {
  orderId: 'o-1',
  passengers: ['P1', 'P2'].map((passengerId) => ({ passengerId, type: 'ADT', givenName: 'A', familyName: 'B' })),
  segments: [{ flightNumber: 'IA101', departureDate: '2026-12-24', bookingClass: 'Y', passengerIds: ['P1', 'P2'] }],
  airlineAccountingCode: '999',
};
const tickets = [
  { passengerId: 'P1', ticketNumber: '9992400000001' },
  { passengerId: 'P2', ticketNumber: '9992400000002' },
];
const booking = { orderId: 'o-1', state: 'ticketed', bookingReference: 'K7RTQM', tickets };

describe('reservation mapping', () => {
  it('reads a complete booking', () => {
    const outcome = mapping.ticketOutcome({ status: 200, body: booking }, asked);
    expect(outcome).toEqual({ kind: 'ticketed', bookingReference: 'K7RTQM', tickets });
  });

  it.each<[string, object]>([
    ['a missing ticket', { tickets: tickets.slice(1) }],
    ['one number for two', { tickets: tickets.map((ticket) => ({ ...ticket, ticketNumber: '9992400000001' })) }],
    ['two tickets for one', { tickets: tickets.map((ticket) => ({ ...ticket, passengerId: 'P1' })) }],
    [
      'tickets of another airline',
      { tickets: tickets.map((ticket, index) => ({ ...ticket, ticketNumber: `125240000000${index}` })) },
    ],
    ['a short number', { tickets: tickets.map((ticket) => ({ ...ticket, ticketNumber: '999240000000' })) }],
    ['a short locator', { bookingReference: 'K7RTQ' }],
    ['another order', { orderId: 'o-2' }],
    ['an unknown state', { state: 'waitlisted' }],
  ])('takes %s for neither yes nor no', (_, change) => {
    expect(() => mapping.ticketOutcome({ status: 200, body: { ...booking, ...change } }, asked)).toThrow(
      TransientFault,
    );
  });

  it('reads a rejection', () => {
    const body = { orderId: 'o-1', state: 'rejected', code: 'ticketing_refused', detail: 'No.' };
    expect(mapping.ticketOutcome({ status: 200, body }, asked)).toEqual({
      kind: 'rejected',
      code: 'ticketing_refused',
      detail: 'No.',
    });
  });

  it('reads a cancellation of the order asked for', () => {
    const outcome = (body: object) => mapping.cancelOutcome({ status: 200, body }, 'o-1');
    expect(outcome({ orderId: 'o-1', outcome: 'cancelled' })).toEqual({ kind: 'cancelled' });
    expect(() => outcome({ orderId: 'o-2', outcome: 'cancelled' })).toThrow(TransientFault);
  });
});

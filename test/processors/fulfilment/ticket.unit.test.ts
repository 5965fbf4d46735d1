import { expect, test } from 'vitest';
import type { ReservationPort, TicketingOutcome, TicketingRequest } from '../../../connectors/ports/reservation.ts';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';
import { ticket } from '../../../processors/fulfilment/ticket.ts';
import type { Order } from '../../../schemas/types.ts';
import { bag, context, event, flightItem, frozen, keys, passenger, settings, sold } from '../given.ts';

const TICKETED: TicketingOutcome = {
  kind: 'ticketed',
  bookingReference: 'ABC234',
  tickets: [{ passengerId: 'P1', ticketNumber: '1252106312810' }],
};

async function run(outcome: TicketingOutcome, of: Order = sold(), changes = {}) {
  const asked: TicketingRequest[] = [];
  const reservation: ReservationPort = {
    ticket: async (request) => {
      asked.push(request);
      return outcome;
    },
    cancel: async () => ({ kind: 'nothing' }),
  };
  const [draft] = await ticket(event('InventoryConfirmed', frozen(of)), context({ reservation }, changes));
  return { draft: draft!, asked };
}

test('asks for a ticket for everybody by name, on the flights alone', async () => {
  const of = sold({
    passengers: [passenger('P1'), passenger('P2', 'CHD', { givenName: 'Byron', familyName: 'King' })],
    items: [
      flightItem('IA101', '2026-12-24', ['P1', 'P2']),
      flightItem('IA102', '2026-12-30', ['P1', 'P2'], 'J'),
      bag('IA101', '2026-12-24'),
    ],
  });
  const { asked } = await run({ kind: 'rejected', code: 'x', detail: '' }, of);
  expect(asked).toEqual([
    {
      orderId: 'O-1',
      airlineAccountingCode: '125',
      passengers: [
        { passengerId: 'P1', type: 'ADT', givenName: 'Ada', familyName: 'Lovelace' },
        { passengerId: 'P2', type: 'CHD', givenName: 'Byron', familyName: 'King' },
      ],
      segments: [
        { flightNumber: 'IA101', departureDate: '2026-12-24', bookingClass: 'Y', passengerIds: ['P1', 'P2'] },
        { flightNumber: 'IA102', departureDate: '2026-12-30', bookingClass: 'J', passengerIds: ['P1', 'P2'] },
      ],
    },
  ]);
});

test.each([
  ['document10', 0],
  ['airline_document13', 3],
] as const)('keeps tickets and booking reference, check digit by %s', async (scheme, digit) => {
  const { draft } = await run(TICKETED, sold(), { settings: { ...settings, ticketCheckDigitScheme: scheme } });
  expect(draft.type).toBe('TicketIssued');
  expect(draft.order.bookingReference).toBe('ABC234');
  expect(draft.order.tickets).toEqual([{ passengerId: 'P1', ticketNumber: '1252106312810', checkDigit: digit }]);
});

test('a refusal closes the order with its code', async () => {
  const { draft } = await run({ kind: 'rejected', code: 'flight_not_ticketable', detail: 'no' });
  expect(draft.type).toBe('TicketingFailed');
  expect(draft.order.closure).toEqual({ reason: 'ticketing_failed', detail: 'flight_not_ticketable' });
});

test.each([
  ['no ticket for a passenger', { ...TICKETED, tickets: [] }],
  ['a ticket for somebody else', { ...TICKETED, tickets: [{ passengerId: 'P9', ticketNumber: '1252106312810' }] }],
  ['a malformed number', { ...TICKETED, tickets: [{ passengerId: 'P1', ticketNumber: '12521' }] }],
  ['a malformed reference', { ...TICKETED, bookingReference: 'abc' }],
])('an answer with %s is no success', async (_, outcome) => {
  const { draft } = await run(outcome as TicketingOutcome);
  expect(draft.type).toBe('TicketingFailed');
  expect(draft.order.closure?.detail).toBe('incomplete_answer');
});

test('one number for two passengers is no success', async () => {
  const tickets = ['P1', 'P2'].map((passengerId) => ({ passengerId, ticketNumber: '1252106312810' }));
  const { draft } = await run(
    { ...TICKETED, tickets } as TicketingOutcome,
    sold({ passengers: [passenger('P1'), passenger('P2')] }),
  );
  expect(draft.type).toBe('TicketingFailed');
});

test('a passenger whose key is forgotten cannot be ticketed', async () => {
  const { draft, asked } = await run(TICKETED, sold(), { keys: { ...keys, keyById: async () => undefined } });
  expect(draft.order.closure).toEqual({ reason: 'ticketing_failed', detail: 'identity_unreadable' });
  expect(asked).toEqual([]);
});

test('a passing fault is left to the runtime', async () => {
  const reservation = {
    ticket: async () => Promise.reject(new TransientFault('away')),
    cancel: async () => ({ kind: 'nothing' }),
  } as ReservationPort;
  await expect(ticket(event('InventoryConfirmed', sold()), context({ reservation }))).rejects.toThrow(TransientFault);
});

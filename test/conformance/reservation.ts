import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ReservationPort, TicketingOutcome, TicketingRequest } from '../../connectors/ports/reservation.ts';
import { TransientFault } from '../../connectors/ports/transient-fault.ts';
import { ALL_FEATURES, orderIds, untilAnswered, type Subject } from './subject.ts';

const PARALLEL = 20;
const AIRLINE = '999';
/** A flight that the implementation takes bookings for, and one that it refuses to ticket. */
const FLIGHTS = { sold: 'IA101', refused: 'IA901' };

type Ticketed = Extract<TicketingOutcome, { kind: 'ticketed' }>;

/** What every reservation port promises: one booking an order, numbers never given twice, and a cancel that is always safe. */
export function describeReservation(
  name: string,
  open: () => Promise<Subject<ReservationPort>>,
  flights = FLIGHTS,
  features = ALL_FEATURES,
): void {
  describe(`reservation port: ${name}`, () => {
    let subject: Subject<ReservationPort>;
    let port: ReservationPort;
    const nextOrder = orderIds('pss');

    beforeAll(async () => {
      subject = await open();
      ({ port } = subject);
    });
    afterAll(() => subject.close());
    afterEach(() => subject.faults?.clear());

    const request = (passengers = 1, flightNumber = flights.sold): TicketingRequest => {
      const passengerIds = Array.from({ length: passengers }, (_, index) => `P${index + 1}`);
      return {
        orderId: nextOrder(),
        passengers: passengerIds.map((passengerId) => ({
          passengerId,
          type: 'ADT',
          givenName: 'Ada',
          familyName: 'Lovelace',
        })),
        segments: [{ flightNumber, departureDate: '2026-12-24', bookingClass: 'Y', passengerIds }],
        airlineAccountingCode: AIRLINE,
      };
    };
    const ticketed = async (asked: TicketingRequest): Promise<Ticketed> => {
      const outcome = await untilAnswered(() => port.ticket(asked));
      if (outcome.kind !== 'ticketed') expect.unreachable(`rejected with ${outcome.code}`);
      return outcome;
    };

    it('answers a record locator that cannot be misread, and a ticket for each passenger', async () => {
      const { bookingReference, tickets } = await ticketed(request(3));
      expect(bookingReference).toMatch(/^[A-HJKMNP-Z2-9]{6}$/);
      expect(tickets.map(({ passengerId }) => passengerId).toSorted()).toEqual(['P1', 'P2', 'P3']);
      for (const { ticketNumber } of tickets) expect(ticketNumber).toMatch(new RegExp(`^${AIRLINE}\\d{10}$`));
    });

    it('never gives a locator or a ticket number twice', async () => {
      const bookings = await Promise.all(Array.from({ length: 100 }, () => ticketed(request(2))));
      const numbers = bookings.flatMap(({ tickets }) => tickets.map(({ ticketNumber }) => ticketNumber));
      expect(new Set(numbers).size).toBe(200);
      expect(new Set(bookings.map(({ bookingReference }) => bookingReference)).size).toBe(100);
    });

    it(`books once for ${PARALLEL} calls at the same time, and for later ones`, async () => {
      const asked = request(2);
      const outcomes = await Promise.all(Array.from({ length: PARALLEL }, () => ticketed(asked)));
      expect(outcomes).toEqual(Array.from({ length: PARALLEL }, () => outcomes[0]));
      expect(await ticketed(structuredClone(asked))).toEqual(outcomes[0]);
    });

    it('refuses another booking for the same order for good', async () => {
      const asked = request();
      const first = await ticketed(asked);
      const segments = [{ ...asked.segments[0]!, departureDate: '2026-12-25' }];
      const refused = port.ticket({ ...asked, segments });
      await expect(refused).rejects.toThrow(/./);
      await expect(refused).rejects.not.toBeInstanceOf(TransientFault);
      expect(await ticketed(asked)).toEqual(first);
    });

    it('says no to a flight it cannot ticket, and stays so', async () => {
      const asked = request(1, flights.refused);
      const outcome = await port.ticket(asked);
      expect(outcome).toEqual({ kind: 'rejected', code: 'ticketing_refused', detail: expect.stringMatching(/./) });
      expect(await port.ticket(asked)).toEqual(outcome);
      expect(await port.cancel(asked.orderId)).toEqual({ kind: 'nothing' });
      expect(await port.ticket(asked)).toEqual(outcome);
    });

    it.each(['', 'a b', 'a/b', 'x'.repeat(129), 'ä'])('refuses the malformed order id %j for good', async (orderId) => {
      for (const call of [() => port.ticket({ ...request(), orderId }), () => port.cancel(orderId)]) {
        const outcome = await call().catch((error: unknown) => error);
        expect(outcome).toBeInstanceOf(Error);
        expect(outcome).not.toBeInstanceOf(TransientFault);
      }
    });

    it('cancels a booking, as often as asked; the order is not booked again', async () => {
      const asked = request();
      await ticketed(asked);
      expect(await port.cancel(asked.orderId)).toEqual({ kind: 'cancelled' });
      expect(await port.cancel(asked.orderId)).toEqual({ kind: 'cancelled' });
      expect(await port.ticket(asked)).toMatchObject({ kind: 'rejected', code: 'cancelled' });
    });

    it('cancelled before it was booked: refuses the booking when it comes late', async () => {
      const asked = request();
      expect(await port.cancel(asked.orderId)).toEqual({ kind: 'nothing' });
      expect(await port.cancel(asked.orderId)).toEqual({ kind: 'nothing' });
      expect(await port.ticket(asked)).toMatchObject({ kind: 'rejected', code: 'cancelled' });
      expect(await port.cancel(asked.orderId)).toEqual({ kind: 'nothing' });
    });

    it.skipIf(!features.faults)(
      'gives no numbers to a call that failed, and the same ones to a call whose answer was lost',
      async () => {
        const faults = subject.faults!;
        for (const mode of ['error', 'down', 'lost_answer'] as const) {
          const asked = request();
          const before = await ticketed(request());
          await faults.set({ system: 'reservation', mode, count: 1 });
          await expect(port.ticket(asked)).rejects.toBeInstanceOf(TransientFault);
          const found = await ticketed(asked);
          expect(serial(found)).toBe(serial(before) + 1);
        }
      },
    );

    it.skipIf(!features.restart)(
      'keeps bookings, bars and the run of numbers when the other side is killed and started over',
      async () => {
        const booked = request(2);
        const barred = request();
        const first = await ticketed(booked);
        await port.cancel(barred.orderId);
        await subject.restart!();
        expect(await ticketed(booked)).toEqual(first);
        expect(await untilAnswered(() => port.ticket(barred))).toMatchObject({ kind: 'rejected', code: 'cancelled' });
        expect(serial(await ticketed(request()))).toBeGreaterThan(serial(first));
      },
    );
  });
}

/** The highest document number of a booking. */
function serial({ tickets }: Ticketed): number {
  return Math.max(...tickets.map(({ ticketNumber }) => Number(ticketNumber.slice(3))));
}

import fc from 'fast-check';
import {
  EVENT_TYPES,
  type AnyOrderEvent,
  type EventType,
  type Order,
  type OrderCommand,
  type TimerFired,
} from '../../schemas/types.ts';

/** Any text that is valid Unicode: what JSON and Kafka can carry. */
const text = fc.string({ unit: 'grapheme', maxLength: 24 });
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { nil: null });
const list = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> => fc.array(value, { maxLength: 4 });
/** Avro's long as far as a number holds it. */
const long = fc.oneof(
  fc.integer(),
  fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
  fc.constantFrom(0, -1, 2 ** 31, 4_102_444_800_000),
);
const int = fc.integer();
const instant = fc.integer({ min: 0, max: 4_102_444_800_000 });
const hash = fc.stringMatching(/^[0-9a-f]{32}$/);
const sealed = fc.base64String({ maxLength: 400 }).map((body) => `v1.key.${body}`);
const money = fc.record({ amount: long, currency: fc.constantFrom('USD', 'JPY', 'KWD') });
const flightNumber = fc.constantFrom('IA101', 'IA155', 'IA199');
const day = fc.constantFrom('2026-12-24', '2027-02-28');

/** An order as its schema allows it, sensible or not: use it to test what must hold of all records. */
export function arbitraryOrder(): fc.Arbitrary<Order> {
  return fc
    .record({
      orderId: fc.uuid(),
      channel: fc.constantFrom('web', 'mobile', 'voice', 'agent', 'corporate', 'partner'),
      placedAt: instant,
      currency: fc.constantFrom('USD', 'EUR', 'JPY', 'KWD'),
      customer: fc.record({
        customerId: text,
        contact: sealed,
        emailHash: maybe(hash),
        locale: fc.constantFrom('en', 'pt-BR'),
      }),
      passengers: list(fc.record({ passengerId: text, type: fc.constantFrom('ADT', 'CHD', 'INF'), identity: sealed })),
      items: list(
        fc.record({
          itemId: text,
          type: fc.constantFrom('flight', 'ancillary'),
          flightNumber: maybe(flightNumber),
          departureDate: maybe(day),
          bookingClass: maybe(fc.constantFrom('F', 'J', 'W', 'Y')),
          code: maybe(text),
          passengerIds: list(text),
          amount: maybe(long),
        }),
      ),
      expectedTotal: maybe(money),
      total: maybe(money),
      payment: fc.record({
        method: text,
        token: text,
        status: fc.constantFrom('none', 'challenged', 'authorised', 'captured', 'declined', 'voided', 'refunded'),
        processor: maybe(text),
        authorizationId: maybe(text),
        captureId: maybe(text),
        reversalId: maybe(text),
        challengeUrl: maybe(fc.webUrl()),
        declineCode: maybe(text),
      }),
      fraud: maybe(
        fc.record({
          score: fc.double({ min: 0, max: 1, noNaN: true }),
          band: fc.constantFrom('pass', 'review', 'decline'),
          reasons: list(text),
          velocityKeys: list(hash.map((value) => `email:${value}`)),
          scoredAt: instant,
        }),
      ),
      hold: maybe(fc.record({ state: fc.constantFrom('held', 'sold', 'released'), expiresAt: instant })),
      bookingReference: maybe(fc.stringMatching(/^[A-Z0-9]{6}$/)),
      tickets: list(
        fc.record({
          passengerId: text,
          ticketNumber: fc.stringMatching(/^\d{13}$/),
          checkDigit: fc.integer({ min: 0, max: 6 }),
        }),
      ),
      notifications: list(
        fc.record({ channel: fc.constantFrom('email', 'sms', 'push'), template: text, messageId: text }),
      ),
      faults: list(fc.record({ code: text, pointer: text, detail: text })),
      closure: maybe(fc.record({ reason: text, detail: text })),
      deviceHash: maybe(hash),
      interrupts: int,
    })
    .map(plain);
}

/** Any event of the given types, by default of all. Its `orderId` is its order's. */
export function arbitraryEvent(types: readonly EventType[] = EVENT_TYPES): fc.Arbitrary<AnyOrderEvent> {
  const frame = { eventId: fc.uuid(), version: int, status: text, occurredAt: instant, causationId: text };
  return fc
    .tuple(fc.constantFrom(...types), fc.record(frame), arbitraryOrder())
    .map(
      ([type, { eventId, version, status, occurredAt, causationId }, order]) =>
        ({ type, eventId, orderId: order.orderId, version, status, occurredAt, causationId, order }) as AnyOrderEvent,
    );
}

/** Any command, with the payload its kind asks for. */
export function arbitraryCommand(): fc.Arbitrary<OrderCommand> {
  const payload = fc.oneof(
    arbitraryOrder().map((place) => ({ kind: 'place' as const, place, cancel: null, authenticate: null })),
    text.map((reason) => ({ kind: 'cancel' as const, place: null, cancel: { reason }, authenticate: null })),
    fc
      .constantFrom('authenticated' as const, 'failed' as const)
      .map((result) => ({ kind: 'authenticate' as const, place: null, cancel: null, authenticate: { result } })),
  );
  return fc
    .tuple(fc.uuid(), fc.uuid(), instant, payload)
    .map(([commandId, orderId, issuedAt, rest]) => ({ commandId, orderId, issuedAt, ...rest }));
}

export function arbitraryTimer(): fc.Arbitrary<TimerFired> {
  return fc
    .tuple(fc.uuid(), fc.uuid(), instant)
    .map(([timerId, orderId, dueAt]) => ({ timerId, orderId, kind: 'hold_expiry', dueAt }));
}

/** fast-check may make records without a prototype; decoded ones are like object literals, and are compared as such. */
const plain = <Value>(value: Value): Value => structuredClone(value);

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seatsOf } from '../../../processors/inventory/seats.ts';
import { cancel } from '../../../processors/orders/cancel.ts';
import { FAULTS } from '../../../processors/orders/faults.ts';
import { receive } from '../../../processors/orders/receive.ts';
import { validate } from '../../../processors/orders/validate.ts';
import type { Order } from '../../../schemas/types.ts';
import { arbitraryCommand, arbitraryOrder } from '../../schemas/arbitrary-order.ts';
import {
  bag,
  catalogue,
  context,
  current,
  event,
  flightItem,
  frozen,
  keys,
  order,
  passenger,
  sealedContact,
  settings,
} from '../given.ts';

const text = fc.oneof(fc.string(), fc.constantFrom('', '__proto__', 'constructor', '\u0000', 'P1', 'P2', 'tok_visa'));
const people = [
  passenger('P1'),
  passenger('P2', 'CHD'),
  passenger('P3', 'INF'),
  passenger('', 'ADT', { givenName: 5, dateOfBirth: [] }),
];
const things = [
  flightItem('IA101', '2026-12-24'),
  flightItem('IA101', '2026-12-24', ['P1', 'P2'], 'J'),
  flightItem('IA102', '2026-12-30', ['P1', 'P2', 'P3']),
  flightItem('IA103', '2026-12-24', ['P3']),
  flightItem('IA103', '2026-12-24'),
  flightItem('__proto__', '2026-99-99', ['__proto__']),
  bag('IA101', null, ['P2']),
  bag(null, null, []),
  { ...bag(null, null), code: 'constructor' },
];
const contacts = [sealedContact({ email: 'ada@example.com' }), sealedContact({}), sealedContact(['a'])];

/** A good order with up to three parts changed, for better or worse: every check is reached, and through any of its ends. */
const nearlyGood: fc.Arbitrary<Order> = fc
  .array(
    fc.oneof(
      fc.record({ passengers: fc.subarray(people) }),
      fc.record({ items: fc.array(fc.constantFrom(...things), { maxLength: 4 }) }),
      fc.record({ currency: fc.constantFrom('USD', 'GBP', 'JPY', 'constructor') }),
      fc.record({
        expectedTotal: fc.constantFrom(
          { amount: 23_400, currency: 'USD' },
          { amount: -1, currency: 'USD' },
          { amount: 1, currency: 'GBP' },
        ),
      }),
      fc.record({
        customer: fc.record({
          customerId: fc.oneof(fc.constant('C-1001'), text),
          contact: fc.constantFrom(...contacts),
          emailHash: fc.constant(null),
          locale: text,
        }),
      }),
      fc.record({
        payment: fc
          .record({ method: fc.constantFrom('card', 'constructor'), token: text })
          .map((payment) => ({ ...order().payment, ...payment })),
      }),
    ),
    { maxLength: 3 },
  )
  .map((changes) => order(Object.assign({}, ...changes)));

test('any order is either priced as a whole, or refused with reasons', async () => {
  let validated = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(nearlyGood, arbitraryOrder()), async (found) => {
      const unpriced = receive(
        { commandId: 'c', orderId: 'O-1', kind: 'place', issuedAt: 0, place: found, cancel: null, authenticate: null },
        { ...context(), cancelled: false },
      )[0]!.order;
      const [draft, ...rest] = await validate(event('OrderReceived', frozen(unpriced)), context());
      expect(rest).toEqual([]);
      if (draft?.type === 'OrderValidated') {
        validated += 1;
        expect(draft.order.faults).toEqual([]);
        expect(draft.order.total).toEqual({
          amount: draft.order.items.reduce((sum, { amount }) => sum + (amount ?? Number.NaN), 0),
          currency: found.currency,
        });
        for (const { seats, authorized } of seatsOf(draft.order, catalogue, settings))
          expect(Math.min(seats, authorized)).toBeGreaterThan(0);
      } else {
        expect(draft?.type).toBe('OrderInvalid');
        expect(draft?.order.faults.length).toBeGreaterThan(0);
        expect(draft?.order.total).toBeNull();
        for (const { code, pointer } of draft!.order.faults)
          expect([Object.hasOwn(FAULTS, code), pointer]).toEqual([
            true,
            expect.stringMatching(/^(\/[A-Za-z]+|\/\d+)+$/),
          ]);
      }
    }),
    { numRuns: 300, seed: 7 },
  );
  expect(validated).toBeGreaterThan(10);
});

test('every check of validation can be reached', async () => {
  const found = new Set<string>();
  await fc.assert(
    fc.asyncProperty(nearlyGood, async (one) => {
      const [draft] = await validate(event('OrderReceived', one), context({ keys }));
      for (const { code } of draft!.order.faults) found.add(code);
    }),
    { numRuns: 300, seed: 11 },
  );
  expect([...found]).toEqual(
    expect.arrayContaining([
      'missing_field',
      'duplicate_booking',
      'overlapping_flights',
      'unaccompanied_minor',
      'price_changed',
      'not_sold_in_currency',
    ]),
  );
});

test('no content of a command makes a processor throw, but for a missing payload or a bad id', () => {
  fc.assert(
    fc.property(arbitraryCommand(), arbitraryOrder(), fc.boolean(), (command, stored, atRest) => {
      if (command.kind === 'place')
        expect(receive(command, { ...context(), cancelled: atRest })).toHaveLength(atRest ? 2 : 1);
      if (command.kind === 'cancel')
        expect(['move', 'mark', 'late', 'none']).toContain(
          cancel(command, current('Fulfilled', atRest, stored), context()).kind,
        );
    }),
    { numRuns: 200, seed: 13 },
  );
});

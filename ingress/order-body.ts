import { z } from 'zod';
import { MOST_PASSENGERS } from '../processors/orders/passengers.ts';
import { MOST_ITEMS } from '../processors/orders/shape.ts';
import { PAYMENT_METHODS } from '../processors/payments/methods.ts';
import type { RequestFault } from './problem.ts';

const PassengerId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}$/)
  .meta({ description: 'Yours to choose, unique within the order.' });
const FlightNumber = z
  .string()
  .regex(/^[A-Z0-9]{2}\d{1,4}[A-Z]?$/)
  .meta({ description: 'Carrier code and number.', example: 'IA101' });
const CalendarDate = z.iso.date().meta({ description: 'YYYY-MM-DD' });
const PersonName = z
  .string()
  .max(64)
  .regex(/^(?=.*\p{L})[\p{L}\p{M}\p{Zs}'‘’ʼ.-]+$/u)
  .meta({ description: 'Letters, spaces, apostrophes, dots and hyphens.' });
const CurrencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .meta({ description: 'ISO 4217' });

const Money = z.strictObject({
  amount: z.int().min(0).meta({ description: 'Minor units.' }),
  currency: CurrencyCode,
});

const Document = z.strictObject({
  type: z.enum(['passport', 'identity_card']),
  number: z.string().regex(/^[A-Za-z0-9]{4,20}$/),
  issuingCountry: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .meta({ description: 'ISO 3166-1, two letters.' }),
  expiresOn: CalendarDate,
});

const Passenger = z.strictObject({
  passengerId: PassengerId,
  type: z.enum(['ADT', 'CHD', 'INF']),
  givenName: PersonName,
  familyName: PersonName,
  dateOfBirth: CalendarDate,
  document: Document.optional(),
});

const PassengerIds = z.array(PassengerId).min(1).max(MOST_PASSENGERS);

const Item = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('flight'),
    flightNumber: FlightNumber,
    departureDate: CalendarDate.meta({ description: 'At the airport of departure.' }),
    bookingClass: z.string().regex(/^[A-Z]$/),
    passengerIds: PassengerIds,
  }),
  z.strictObject({
    type: z.literal('ancillary'),
    code: z
      .string()
      .regex(/^[A-Z0-9]{2,8}$/)
      .meta({ example: 'BAG1' }),
    flightNumber: FlightNumber.optional(),
    departureDate: CalendarDate.optional(),
    passengerIds: PassengerIds,
  }),
]);

/**
 * An order as a channel places it. Strict: a field that is not listed is a fault, so nobody sets a status or a price.
 */
export const OrderBody = z
  .strictObject({
    channel: z.enum(['web', 'mobile', 'voice', 'agent', 'corporate', 'partner']),
    customer: z.strictObject({
      customerId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/),
      email: z.email().max(254),
      phone: z
        .string()
        .regex(/^\+[1-9]\d{6,14}$/)
        .optional()
        .meta({ description: 'E.164' }),
      locale: z
        .string()
        .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/)
        .default('en')
        .meta({ description: 'BCP 47 language tag.' }),
    }),
    passengers: z.array(Passenger).min(1).max(MOST_PASSENGERS),
    items: z.array(Item).min(1).max(MOST_ITEMS),
    currency: CurrencyCode,
    expectedTotal: Money.optional().meta({
      description: 'The total you showed; the order becomes Invalid with `price_changed` where ours differs.',
    }),
    payment: z.strictObject({
      method: z.enum(PAYMENT_METHODS.map(({ id }) => id)),
      token: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{3,127}$/)
        .meta({ description: 'From the payment processor; never a card number.' }),
    }),
    deviceId: z
      .string()
      .regex(/^[\x21-\x7e]{1,128}$/)
      .optional()
      .meta({ description: 'Identifies the device; kept only as a keyed hash.' }),
  })
  .meta({ id: 'PlaceOrder' });

export type OrderBody = z.infer<typeof OrderBody>;

export const EXAMPLE_ORDER = {
  channel: 'web',
  customer: { customerId: 'C-1001', email: 'ada@example.com', phone: '+442071838750', locale: 'en-GB' },
  passengers: [{ passengerId: 'P1', type: 'ADT', givenName: 'Ada', familyName: 'Lovelace', dateOfBirth: '1985-12-10' }],
  items: [
    { type: 'flight', flightNumber: 'IA101', departureDate: '2026-12-24', bookingClass: 'Y', passengerIds: ['P1'] },
    { type: 'ancillary', code: 'BAG1', flightNumber: 'IA101', departureDate: '2026-12-24', passengerIds: ['P1'] },
  ],
  currency: 'USD',
  expectedTotal: { amount: 23_400, currency: 'USD' },
  payment: { method: 'card', token: 'tok_visa' },
};

/**
 * Faults between fields, which no field shows by itself: passengers named twice or not at all, a currency that is not
 * sold in, amounts in another currency, a birth in the future. Takes a body of any shape and looks only at what it
 * recognises, so that one answer lists these faults beside those of the schema.
 */
export function crossFaults(
  body: unknown,
  { currencies, today }: { currencies: readonly string[]; today: string },
): RequestFault[] {
  const order = asObject(body);
  const passengers = asArray(order.passengers).map(asObject);
  const known = new Set(passengers.map(({ passengerId }) => passengerId));
  return [
    ...repeatedPassengers(passengers),
    ...passengers.flatMap(({ dateOfBirth }, at) =>
      typeof dateOfBirth === 'string' && CALENDAR_DATE.test(dateOfBirth) && dateOfBirth > today
        ? [{ pointer: `/passengers/${at}/dateOfBirth`, code: 'in_the_future', detail: 'Nobody is born after today.' }]
        : [],
    ),
    ...asArray(order.items).flatMap((item, at) =>
      passengerFaults(asArray(asObject(item).passengerIds), known, `/items/${at}/passengerIds`),
    ),
    ...currencyFaults(order, currencies),
  ];
}

const CALENDAR_DATE = /^\d{4}-\d{2}-\d{2}$/;

function repeatedPassengers(passengers: Record<string, unknown>[]): RequestFault[] {
  const seen = new Set<unknown>();
  return passengers.flatMap(({ passengerId }, at) => {
    if (typeof passengerId !== 'string' || !seen.has(passengerId)) {
      seen.add(passengerId);
      return [];
    }
    return [{ pointer: `/passengers/${at}/passengerId`, code: 'duplicate', detail: 'Another passenger has this id.' }];
  });
}

function passengerFaults(ids: unknown[], known: ReadonlySet<unknown>, pointer: string): RequestFault[] {
  const seen = new Set<unknown>();
  return ids.flatMap((id, at) => {
    const repeated = seen.has(id);
    seen.add(id);
    if (typeof id !== 'string') return [];
    if (repeated) return [{ pointer: `${pointer}/${at}`, code: 'duplicate', detail: 'The passenger is named twice.' }];
    return known.has(id)
      ? []
      : [{ pointer: `${pointer}/${at}`, code: 'unknown_passenger', detail: 'No passenger of the order has this id.' }];
  });
}

function currencyFaults(order: Record<string, unknown>, currencies: readonly string[]): RequestFault[] {
  const { currency } = order;
  if (typeof currency !== 'string') return [];
  if (!currencies.includes(currency))
    return [{ pointer: '/currency', code: 'unsupported_currency', detail: `Sold in: ${currencies.join(', ')}.` }];
  const expected = asObject(order.expectedTotal).currency;
  if (typeof expected !== 'string' || expected === currency) return [];
  return [
    {
      pointer: '/expectedTotal/currency',
      code: 'currency_mismatch',
      detail: 'Differs from the currency of the order.',
    },
  ];
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

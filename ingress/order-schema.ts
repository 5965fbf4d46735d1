import { z } from 'zod';
import { STATUSES } from '../topology/order-states.ts';

const Timestamp = z.iso.datetime().meta({ description: 'RFC 3339, UTC' });
const Money = z
  .object({ amount: z.int().meta({ description: 'Minor units.' }), currency: z.string() })
  .meta({ id: 'Money' });
const Status = z.enum(STATUSES).meta({ id: 'OrderStatus' });

export const LinksView = z
  .object({ self: z.string(), status: z.string(), events: z.string() })
  .meta({ id: 'OrderLinks' });

export const DocumentView = z.object({
  type: z.string(),
  number: z.string(),
  issuingCountry: z.string(),
  expiresOn: z.string(),
});

export const PaymentView = z
  .object({
    method: z.string(),
    token: z.string().meta({ description: 'Masked.' }),
    status: z.enum(['none', 'challenged', 'authorised', 'captured', 'declined', 'voided', 'refunded']),
    processor: z.string().nullable(),
    authorizationId: z.string().nullable(),
    captureId: z.string().nullable(),
    reversalId: z.string().nullable(),
    challengeUrl: z
      .string()
      .nullable()
      .meta({ description: 'Where the payer authenticates, while a challenge is open.' }),
    declineCode: z.string().nullable(),
  })
  .meta({ id: 'Payment' });

/** An order as the API answers it. Personal data whose key has been destroyed is null. */
export const OrderView = z
  .object({
    orderId: z.string(),
    version: z.int(),
    status: Status,
    channel: z.string(),
    customer: z.object({
      customerId: z.string(),
      email: z.string().nullable(),
      phone: z.string().nullable(),
      locale: z.string(),
    }),
    passengers: z.array(
      z.object({
        passengerId: z.string(),
        type: z.enum(['ADT', 'CHD', 'INF']),
        givenName: z.string().nullable(),
        familyName: z.string().nullable(),
        dateOfBirth: z.string().nullable(),
        document: DocumentView.nullable(),
      }),
    ),
    items: z.array(
      z.object({
        itemId: z.string(),
        type: z.enum(['flight', 'ancillary']),
        flightNumber: z.string().optional(),
        departureDate: z.string().optional(),
        bookingClass: z.string().optional(),
        code: z.string().optional(),
        passengerIds: z.array(z.string()),
        price: Money.nullable().meta({ description: 'For all passengers of the item; null until priced.' }),
      }),
    ),
    currency: z.string(),
    expectedTotal: Money.nullable(),
    total: Money.nullable(),
    payment: PaymentView,
    hold: z.object({ state: z.enum(['held', 'sold', 'released']), expiresAt: Timestamp }).nullable(),
    bookingReference: z.string().nullable(),
    tickets: z.array(z.object({ passengerId: z.string(), ticketNumber: z.string(), checkDigit: z.int() })),
    faults: z.array(z.object({ code: z.string(), pointer: z.string(), detail: z.string() })).optional(),
    closure: z.object({ reason: z.string(), detail: z.string() }).optional(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    links: LinksView,
  })
  .meta({ id: 'Order' });
export type OrderView = z.infer<typeof OrderView>;

/** An order in a list: no personal data. */
export const OrderSummary = OrderView.pick({
  orderId: true,
  version: true,
  status: true,
  channel: true,
  currency: true,
  total: true,
  bookingReference: true,
  createdAt: true,
  updatedAt: true,
  links: true,
})
  .extend({ customerId: z.string() })
  .meta({ id: 'OrderSummary' });
export type OrderSummary = z.infer<typeof OrderSummary>;

/** What a command answers before the order has come to its end. */
export const ReceiptView = z
  .object({ orderId: z.string(), status: Status, version: z.int(), links: LinksView })
  .meta({ id: 'Receipt' });
export type ReceiptView = z.infer<typeof ReceiptView>;

import { z } from 'zod';
import type { StoredOrder } from '../connectors/postgres/read-model.ts';
import type { KeyPort } from '../connectors/ports/keys.ts';
import { unseal, Unreadable } from '../schemas/seal.ts';
import type { OrderItem, Payment } from '../schemas/types.ts';
import { type OrderStatus, STATUSES } from '../topology/order-states.ts';

const Timestamp = z.iso.datetime().meta({ description: 'RFC 3339, UTC' });
const Money = z.object({ amount: z.int().meta({ description: 'Minor units.' }), currency: z.string() }).meta({ id: 'Money' });
const Status = z.enum(STATUSES).meta({ id: 'OrderStatus' });

export const LinksView = z.object({ self: z.string(), status: z.string(), events: z.string() }).meta({ id: 'OrderLinks' });

const DocumentView = z.object({ type: z.string(), number: z.string(), issuingCountry: z.string(), expiresOn: z.string() });

export const PaymentView = z
  .object({
    method: z.string(),
    token: z.string().meta({ description: 'Masked.' }),
    status: z.enum(['none', 'challenged', 'authorised', 'captured', 'declined', 'voided', 'refunded']),
    processor: z.string().nullable(),
    authorizationId: z.string().nullable(),
    captureId: z.string().nullable(),
    reversalId: z.string().nullable(),
    challengeUrl: z.string().nullable().meta({ description: 'Where the payer authenticates, while a challenge is open.' }),
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
    customer: z.object({ customerId: z.string(), email: z.string().nullable(), phone: z.string().nullable(), locale: z.string() }),
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
  orderId: true, version: true, status: true, channel: true, currency: true, total: true, bookingReference: true, createdAt: true, updatedAt: true, links: true,
})
  .extend({ customerId: z.string() })
  .meta({ id: 'OrderSummary' });
export type OrderSummary = z.infer<typeof OrderSummary>;

/** What a command answers before the order has come to its end. */
export const ReceiptView = z
  .object({ orderId: z.string(), status: Status, version: z.int(), links: LinksView })
  .meta({ id: 'Receipt' });
export type ReceiptView = z.infer<typeof ReceiptView>;

export function linksOf(orderId: string): z.infer<typeof LinksView> {
  const self = `/api/v1/orders/${encodeURIComponent(orderId)}`;
  return { self, status: `${self}/status`, events: `${self}/events` };
}

export const receiptOf = ({ orderId, status, version }: Pick<ReceiptView, 'orderId' | 'status' | 'version'>): ReceiptView => ({
  orderId, status, version, links: linksOf(orderId),
});

export const timestampOf = (ms: number): string => new Date(ms).toISOString();

export async function orderView({ order, version, status, updatedAt }: StoredOrder, keys: Pick<KeyPort, 'keyById'>): Promise<OrderView> {
  const { customerId, locale } = order.customer;
  const [contact, ...identities] = await Promise.all([
    open(order.customer.contact, keys, `${customerId}|contact`),
    ...order.passengers.map(({ identity }) => open(identity, keys, `${customerId}|identity`)),
  ]);
  return {
    orderId: order.orderId,
    version,
    status: status as OrderStatus,
    channel: order.channel,
    customer: { customerId, email: text(contact.email), phone: text(contact.phone), locale },
    passengers: order.passengers.map(({ passengerId, type }, at) => {
      const { givenName, familyName, dateOfBirth, document } = identities[at] ?? {};
      return {
        passengerId, type, givenName: text(givenName), familyName: text(familyName), dateOfBirth: text(dateOfBirth),
        document: (document ?? null) as z.infer<typeof DocumentView> | null,
      };
    }),
    items: order.items.map((item) => itemView(item, order.currency)),
    currency: order.currency,
    expectedTotal: order.expectedTotal,
    total: order.total,
    payment: paymentView(order.payment),
    hold: order.hold && { state: order.hold.state, expiresAt: timestampOf(order.hold.expiresAt) },
    bookingReference: order.bookingReference,
    tickets: order.tickets.map(({ passengerId, ticketNumber, checkDigit }) => ({ passengerId, ticketNumber, checkDigit })),
    ...(order.faults.length > 0 && { faults: order.faults.map(({ code, pointer, detail }) => ({ code, pointer, detail })) }),
    ...(order.closure && { closure: { reason: order.closure.reason, detail: order.closure.detail } }),
    createdAt: timestampOf(order.placedAt),
    updatedAt: timestampOf(updatedAt),
    links: linksOf(order.orderId),
  };
}

export function orderSummary({ order, version, status, updatedAt }: StoredOrder): OrderSummary {
  return {
    orderId: order.orderId, version, status: status as OrderStatus, channel: order.channel, customerId: order.customer.customerId, currency: order.currency, total: order.total,
    bookingReference: order.bookingReference, createdAt: timestampOf(order.placedAt), updatedAt: timestampOf(updatedAt), links: linksOf(order.orderId),
  };
}

export function paymentView(payment: Payment): z.infer<typeof PaymentView> {
  const { method, status, processor, authorizationId, captureId, reversalId, declineCode } = payment;
  const challengeUrl = status === 'challenged' ? payment.challengeUrl : null;
  return { method, token: masked(payment.token), status, processor, authorizationId, captureId, reversalId, challengeUrl, declineCode };
}

/** The kind of token stays readable, the instrument does not. */
const masked = (token: string): string => `${/^[a-z]{2,6}_/.exec(token)?.[0] ?? ''}****`;

function itemView({ amount, itemId, type, flightNumber, departureDate, bookingClass, code, passengerIds }: OrderItem, currency: string): OrderView['items'][number] {
  return {
    itemId,
    type,
    ...(flightNumber !== null && { flightNumber }),
    ...(departureDate !== null && { departureDate }),
    ...(bookingClass !== null && { bookingClass }),
    ...(code !== null && { code }),
    passengerIds,
    price: amount === null ? null : { amount, currency },
  };
}

/** The clear data, or nothing where they cannot be read any more; a key store that is away is another matter, and thrown. */
async function open(sealed: string, keys: Pick<KeyPort, 'keyById'>, aad: string): Promise<Record<string, unknown>> {
  try {
    return (await unseal(sealed, keys, aad)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof Unreadable) return {};
    throw error;
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);


import type { z } from 'zod';
import type { StoredOrder } from '../connectors/postgres/read-model.ts';
import type { KeyPort } from '../connectors/ports/keys.ts';
import { unseal, Unreadable } from '../schemas/seal.ts';
import type { OrderItem, Payment } from '../schemas/types.ts';
import type { OrderStatus } from '../topology/order-states.ts';
import type { DocumentView, LinksView, OrderSummary, OrderView, PaymentView, ReceiptView } from './order-schema.ts';

export function linksOf(orderId: string): z.infer<typeof LinksView> {
  const self = `/api/v1/orders/${encodeURIComponent(orderId)}`;
  return { self, status: `${self}/status`, events: `${self}/events` };
}

export const receiptOf = ({
  orderId,
  status,
  version,
}: Pick<ReceiptView, 'orderId' | 'status' | 'version'>): ReceiptView => ({
  orderId,
  status,
  version,
  links: linksOf(orderId),
});

export const timestampOf = (ms: number): string => new Date(ms).toISOString();

export async function orderView(
  { order, version, status, updatedAt }: StoredOrder,
  keys: Pick<KeyPort, 'keyById'>,
): Promise<OrderView> {
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
        passengerId,
        type,
        givenName: text(givenName),
        familyName: text(familyName),
        dateOfBirth: text(dateOfBirth),
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
    tickets: order.tickets.map(({ passengerId, ticketNumber, checkDigit }) => ({
      passengerId,
      ticketNumber,
      checkDigit,
    })),
    ...(order.faults.length > 0 && {
      faults: order.faults.map(({ code, pointer, detail }) => ({ code, pointer, detail })),
    }),
    ...(order.closure && { closure: { reason: order.closure.reason, detail: order.closure.detail } }),
    createdAt: timestampOf(order.placedAt),
    updatedAt: timestampOf(updatedAt),
    links: linksOf(order.orderId),
  };
}

export function orderSummary({ order, version, status, updatedAt }: StoredOrder): OrderSummary {
  return {
    orderId: order.orderId,
    version,
    status: status as OrderStatus,
    channel: order.channel,
    customerId: order.customer.customerId,
    currency: order.currency,
    total: order.total,
    bookingReference: order.bookingReference,
    createdAt: timestampOf(order.placedAt),
    updatedAt: timestampOf(updatedAt),
    links: linksOf(order.orderId),
  };
}

export function paymentView(payment: Payment): z.infer<typeof PaymentView> {
  const { method, status, processor, authorizationId, captureId, reversalId, declineCode } = payment;
  const challengeUrl = status === 'challenged' ? payment.challengeUrl : null;
  return {
    method,
    token: masked(payment.token),
    status,
    processor,
    authorizationId,
    captureId,
    reversalId,
    challengeUrl,
    declineCode,
  };
}

/** The kind of token stays readable, the instrument does not. */
const masked = (token: string): string => `${/^[a-z]{2,6}_/.exec(token)?.[0] ?? ''}****`;

function itemView(
  { amount, itemId, type, flightNumber, departureDate, bookingClass, code, passengerIds }: OrderItem,
  currency: string,
): OrderView['items'][number] {
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

/**
 * The clear data, or nothing where they cannot be read any more; a key store that is away is another matter, and
 * thrown.
 */
async function open(sealed: string, keys: Pick<KeyPort, 'keyById'>, aad: string): Promise<Record<string, unknown>> {
  try {
    return (await unseal(sealed, keys, aad)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof Unreadable) return {};
    throw error;
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

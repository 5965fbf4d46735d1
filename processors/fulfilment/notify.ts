import type { Message } from '../../connectors/ports/notification.ts';
import type { Notification, Order, OrderEvent } from '../../schemas/types.ts';
import { readContact } from '../orders/personal-data.ts';
import { type Context, type Draft, emit } from '../processor.ts';

const TEMPLATE = 'order_fulfilled';

/**
 * Hands the documents over for delivery: by e-mail always, by text message where the customer left a number and the
 * channel is on. What a gateway refuses is recorded, and takes nothing from an order that is paid and ticketed.
 */
export async function notify(
  event: OrderEvent<'OrderConfirmed'>,
  context: Context,
): Promise<readonly Draft<'OrderFulfilled'>[]> {
  const { order } = event;
  const contact = await readContact(order, context.keys);
  if (!contact)
    return emit('OrderFulfilled', { ...order, notifications: [recordOf('email', 'rejected:contact_unreadable')] });
  const textOn = contact.phone !== '' && context.settings.notificationChannels.includes('sms');
  const addresses: [Message['channel'], string][] = [
    ['email', contact.email],
    ...(textOn ? [['sms', contact.phone] as ['sms', string]] : []),
  ];
  const notifications = await Promise.all(addresses.map(([channel, to]) => deliver(channel, to, order, context)));
  return emit('OrderFulfilled', { ...order, notifications });
}

async function deliver(channel: Message['channel'], to: string, order: Order, context: Context): Promise<Notification> {
  const outcome = await context.notification.send({
    idempotencyKey: context.key(`notify:${channel}`),
    orderId: order.orderId,
    channel,
    to,
    template: TEMPLATE,
    locale: order.customer.locale,
    data: dataOf(order),
  });
  return recordOf(channel, outcome.kind === 'accepted' ? outcome.messageId : `rejected:${outcome.code}`);
}

const recordOf = (channel: string, messageId: string): Notification => ({ channel, template: TEMPLATE, messageId });

function dataOf(order: Order): Record<string, string> {
  return {
    orderId: order.orderId,
    bookingReference: order.bookingReference ?? '',
    ticketNumbers: order.tickets.map(({ ticketNumber }) => ticketNumber).join(', '),
    totalMinor: String(order.total?.amount ?? 0),
    currency: order.currency,
  };
}

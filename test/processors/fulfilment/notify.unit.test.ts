import { expect, test } from 'vitest';
import type { DeliveryOutcome, Message, NotificationPort } from '../../../connectors/ports/notification.ts';
import { notify } from '../../../processors/fulfilment/notify.ts';
import type { Settings } from '../../../processors/settings.ts';
import type { Order } from '../../../schemas/types.ts';
import { context, event, frozen, keys, paid, sealedContact, settings } from '../given.ts';

const ticketed = (contact: object): Order => {
  const base = paid('captured', {
    bookingReference: 'ABC234',
    tickets: [{ passengerId: 'P1', ticketNumber: '1252106312810', checkDigit: 0 }],
  });
  return { ...base, customer: { ...base.customer, contact: sealedContact(contact) } };
};

async function run(
  contact: object,
  channels: Settings['notificationChannels'],
  answer: (message: Message) => DeliveryOutcome,
  changes = {},
) {
  const sent: Message[] = [];
  const notification: NotificationPort = {
    send: async (message) => {
      sent.push(message);
      return answer(message);
    },
  };
  const within = context({ notification }, { settings: { ...settings, notificationChannels: channels }, ...changes });
  const [draft] = await notify(event('OrderConfirmed', frozen(ticketed(contact))), within);
  expect(draft?.type).toBe('OrderFulfilled');
  return { sent, notifications: draft!.order.notifications };
}

const accept = ({ channel }: Message): DeliveryOutcome => ({ kind: 'accepted', messageId: `${channel}-1` });

test('sends the documents by e-mail and text message, each with a key of its own', async () => {
  const { sent, notifications } = await run(
    { email: 'ada@example.com', phone: '+442071838750' },
    ['email', 'sms'],
    accept,
  );
  const data = {
    orderId: 'O-1',
    bookingReference: 'ABC234',
    ticketNumbers: '1252106312810',
    totalMinor: '23400',
    currency: 'USD',
  };
  const common = { orderId: 'O-1', template: 'order_fulfilled', locale: 'en-US', data };
  expect(sent).toEqual([
    { ...common, idempotencyKey: 'O-1:notify:email', channel: 'email', to: 'ada@example.com' },
    { ...common, idempotencyKey: 'O-1:notify:sms', channel: 'sms', to: '+442071838750' },
  ]);
  expect(notifications).toEqual([
    { channel: 'email', template: 'order_fulfilled', messageId: 'email-1' },
    { channel: 'sms', template: 'order_fulfilled', messageId: 'sms-1' },
  ]);
});

test.each([
  ['no number was left', { email: 'ada@example.com' }, ['email', 'sms']],
  ['the channel is off', { email: 'ada@example.com', phone: '+442071838750' }, ['email', 'push']],
] as const)('no text message where %s', async (_, contact, channels) => {
  const { sent } = await run(contact, channels, accept);
  expect(sent.map(({ channel }) => channel)).toEqual(['email']);
});

test('e-mail goes out whatever the settings', async () => {
  expect((await run({ email: 'ada@example.com' }, [], accept)).sent).toHaveLength(1);
});

test('a refused message is recorded and the order fulfilled', async () => {
  const refuse = ({ channel }: Message): DeliveryOutcome =>
    channel === 'email' ? { kind: 'rejected', code: 'mailbox_unknown' } : { kind: 'accepted', messageId: 's' };
  const { notifications } = await run({ email: 'ada@example.com', phone: '+442071838750' }, ['email', 'sms'], refuse);
  expect(notifications.map(({ messageId }) => messageId)).toEqual(['rejected:mailbox_unknown', 's']);
});

test('a customer who was forgotten gets no message, and the order is fulfilled', async () => {
  const { sent, notifications } = await run({ email: 'ada@example.com' }, ['email'], accept, {
    keys: { ...keys, keyById: async () => undefined },
  });
  expect(sent).toEqual([]);
  expect(notifications.map(({ messageId }) => messageId)).toEqual(['rejected:contact_unreadable']);
});

test('a passing fault of the gateway is left to the runtime', async () => {
  const fail = (): DeliveryOutcome => {
    throw new Error('away');
  };
  await expect(run({ email: 'ada@example.com' }, ['email'], fail)).rejects.toThrow('away');
});

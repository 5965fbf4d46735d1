export interface Message {
  /** A repeat of it sends nothing and answers the first outcome. */
  idempotencyKey: string;
  orderId: string;
  channel: 'email' | 'sms' | 'push';
  to: string;
  template: string;
  locale: string;
  data: Readonly<Record<string, string>>;
}

export type DeliveryOutcome = { kind: 'accepted'; messageId: string } | { kind: 'rejected'; code: string };

/** A message gateway. Throws TransientFault where the answer is not known. */
export interface NotificationPort {
  send(message: Message): Promise<DeliveryOutcome>;
}

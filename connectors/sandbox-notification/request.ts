import { z } from 'zod';
import type { HttpAnswer, HttpRequest } from '../http/exchange.ts';
import { faultOf } from '../http/verdict.ts';
import type { DeliveryOutcome, Message } from '../ports/notification.ts';

const SYSTEM = 'sandbox notification';
const KEY = /^[A-Za-z0-9_:.-]{1,255}$/;

const Sent = z.discriminatedUnion('status', [
  z.object({ key: z.string(), status: z.literal('accepted'), messageId: z.string().min(1).max(128) }),
  z.object({ key: z.string(), status: z.literal('rejected'), code: z.string().regex(/^[a-z0-9_]{1,64}$/) }),
]);

export function sendRequest({ idempotencyKey, orderId, channel, to, template, locale, data }: Message): HttpRequest {
  if (!KEY.test(idempotencyKey)) {
    throw new Error('malformed message key: 1 to 255 letters, digits, _ : . or - are needed');
  }
  const body = { orderId, channel, to, template, locale, data };
  return { method: 'POST', path: '/messages', idempotencyKey, body };
}

/** A 200 that is well formed and speaks of our message; throws for every other answer. */
export function deliveryOutcome(answer: HttpAnswer, idempotencyKey: string): DeliveryOutcome {
  const sent = answer.status === 200 ? Sent.safeParse(answer.body) : undefined;
  if (!sent?.success || sent.data.key !== idempotencyKey) throw faultOf(SYSTEM, answer);
  if (sent.data.status === 'rejected') return { kind: 'rejected', code: sent.data.code };
  return { kind: 'accepted', messageId: sent.data.messageId };
}

import { z } from 'zod';
import { answer, invalidBody, NOT_FOUND, refusal, type SandboxAnswer, type SandboxRequest } from './answer.ts';
import type { MessageGateway } from './message-gateway.ts';

const Key = z.string().regex(/^[A-Za-z0-9_:.-]{1,255}$/);
const MessageBody = z.object({
  orderId: z.string().min(1).max(128),
  channel: z.enum(['email', 'sms', 'push']),
  to: z.string().min(1).max(320),
  template: z.string().min(1).max(128),
  locale: z.string().min(2).max(35),
  data: z.record(z.string(), z.string()),
});

const INVALID_KEY = refusal(400, 'invalid_key', 'A key is 1 to 255 letters, digits, _ : . or -');
const BODY_DIFFERS = refusal(422, 'idempotency_key_reused', 'The key was used before with another message.');
const ORDER_ID_NEEDED = refusal(400, 'order_id_needed', 'Ask for the messages of one order: ?orderId=');

/** POST /messages (header Idempotency-Key), GET /messages?orderId. */
export function messageRoutes(gateway: MessageGateway): (request: SandboxRequest) => SandboxAnswer {
  return ({ method, path, query, idempotencyKey, body }) => {
    if (path.length !== 1) return NOT_FOUND;
    if (method === 'GET') {
      const orderId = query.get('orderId');
      return orderId ? answer(200, { messages: gateway.messages(orderId) }) : ORDER_ID_NEEDED;
    }
    if (method !== 'POST') return NOT_FOUND;
    const key = Key.safeParse(idempotencyKey);
    if (!key.success) return INVALID_KEY;
    const asked = MessageBody.safeParse(body);
    if (!asked.success) return invalidBody(asked.error);
    const sent = gateway.send(key.data, asked.data);
    if (sent.kind === 'body_differs') return BODY_DIFFERS;
    const { messageId, status, code } = sent.message;
    return answer(200, { key: key.data, messageId, status, ...(code === null ? {} : { code }) });
  };
}

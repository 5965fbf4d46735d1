import { type Answer } from '../answer.ts';
import { placeCommand } from '../channels/place-order.ts';
import type { Ingress } from '../dependencies.ts';
import { type Call, endpoint } from '../endpoint.ts';
import { idempotencyKeyOf, once } from '../idempotent.ts';
import { crossFaults, EXAMPLE_ORDER, OrderBody } from '../order-body.ts';
import { orderIdFor } from '../order-id.ts';
import { OrderView, ReceiptView } from '../order-schema.ts';
import { Problem } from '../problem.ts';
import { send } from '../send-command.ts';

/** All callers are one tenant until accounts exist. */
const TENANT = 'public';
const ROUTE = 'POST /api/v1/orders';

export const placeOrder = endpoint({
  method: 'post',
  path: '/api/v1/orders',
  operationId: 'placeOrder',
  tag: 'orders',
  summary: 'Places an order. It is checked whole, accepted onto the log and processed from there.',
  requestHeaders: {
    'Idempotency-Key':
      'Up to 255 characters, quoted or bare. For 24 hours a repeat with the same body gets the same answer.',
    Prefer: '`wait=N`, 1 to 30 seconds: answer once the order has ended, or rests until the payer authenticates.',
    traceparent: 'W3C trace context, passed on to all that follows.',
  },
  body: {
    schema: OrderBody,
    problem: 'invalid_order',
    example: EXAMPLE_ORDER,
    furtherFaults: (body, { settings, now }) =>
      crossFaults(body, { currencies: settings.currencies, today: new Date(now()).toISOString().slice(0, 10) }),
  },
  answers: {
    201: {
      description: 'The order has ended within the wait.',
      schema: OrderView,
      headers: { Location: 'The order.', ETag: 'Its version.', 'Preference-Applied': 'The wait.' },
    },
    202: {
      description: 'The order is accepted.',
      schema: ReceiptView,
      headers: { Location: 'The order.', 'Idempotency-Replayed': '`true` on a repeated answer.' },
    },
  },
  problems: [
    'invalid_order',
    'malformed_json',
    'pan_not_accepted',
    'invalid_request',
    'request_in_flight',
    'body_too_large',
    'unsupported_media_type',
    'key_reused',
    'overloaded',
    'unavailable',
  ],
  async handle(ingress, call) {
    const { customerId } = call.body.customer;
    const idempotencyKey = idempotencyKeyOf(call.request.get('idempotency-key'));
    const key = await ingress.keys.keyFor(customerId).catch((cause: unknown) => {
      throw new Problem('unavailable', 'The key store does not answer.', { retryAfterSeconds: 1, cause });
    });
    const orderId = idempotencyKey === null ? ingress.newId() : orderIdFor(TENANT, ROUTE, idempotencyKey);
    const accept = (): Promise<Answer> => place(ingress, call, { orderId, key });
    if (idempotencyKey === null) return accept();
    return once(
      ingress,
      { scope: `${TENANT}|${ROUTE}|${idempotencyKey}`, body: call.body, key, aad: `${customerId}|answer` },
      accept,
    );
  },
});

async function place(
  ingress: Ingress,
  call: Call<unknown, unknown, OrderBody>,
  { orderId, key }: { orderId: string; key: Parameters<typeof placeCommand>[1]['key'] },
): Promise<Answer> {
  const { maxConcurrentOrders } = ingress.settings;
  if (ingress.accepted.underWay >= maxConcurrentOrders) {
    throw new Problem(
      'overloaded',
      `${maxConcurrentOrders} orders are being processed, which is as many as are allowed at once.`,
      { retryAfterSeconds: 1 },
    );
  }
  const command = placeCommand(call.body, { orderId, now: ingress.now(), key, pepper: ingress.pepper });
  const added = command.place !== null && ingress.accepted.add(command.place);
  try {
    return await send(ingress, call, { command, standing: { orderId, status: 'Received', version: 1 }, done: 201 });
  } catch (error) {
    if (added) ingress.accepted.remove(orderId);
    throw error;
  }
}

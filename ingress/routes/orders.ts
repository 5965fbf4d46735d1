import { z } from 'zod';
import { InvalidCursor } from '../../connectors/postgres/cursor.ts';
import { isClosing } from '../../processors/orders/cancel.ts';
import { STATUSES, type OrderStatus } from '../../topology/order-states.ts';
import { answer } from '../answer.ts';
import { cancelCommand } from '../channels/change-order.ts';
import { endpoint } from '../endpoint.ts';
import { entityTag, matches, noneMatch } from '../entity-tag.ts';
import { OrderSummary, OrderView, ReceiptView } from '../order-schema.ts';
import { orderSummary, orderView } from '../order-view.ts';
import { Problem } from '../problem.ts';
import { send } from '../send-command.ts';

const DAY_MS = 86_400_000;

export const OrderParams = z.object({ orderId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/) });

const Moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).transform((text) => Date.parse(text));

const ListQuery = z.strictObject({
  cursor: z.string().max(512).optional().meta({ description: '`nextCursor` of the page before.' }),
  limit: z
    .string()
    .regex(/^\d{1,4}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(200))
    .default(50)
    .meta({ description: '1 to 200.' }),
  status: z.enum(STATUSES).optional(),
  channel: z.enum(['web', 'mobile', 'voice', 'agent', 'corporate', 'partner']).optional(),
  customerId: z.string().min(1).max(64).optional(),
  from: Moment.optional().meta({ description: 'Placed at or after: RFC 3339, or a date for its first moment in UTC.' }),
  to: Moment.optional().meta({ description: 'Placed before: as `from`.' }),
});

export const listOrders = endpoint({
  method: 'get',
  path: '/api/v1/orders',
  operationId: 'listOrders',
  tag: 'orders',
  summary: 'Lists orders, newest first, as the read model has them: some moments late.',
  query: ListQuery,
  answers: {
    200: {
      description: 'A page.',
      schema: z.object({ data: z.array(OrderSummary), nextCursor: z.string().nullable() }),
    },
  },
  problems: ['invalid_request', 'unavailable'],
  async handle({ readModel, log }, { query }) {
    const page = await readModel.list(query).catch((cause: unknown) => {
      if (cause instanceof InvalidCursor) {
        const errors = [
          { pointer: '/query/cursor', code: 'invalid_cursor', detail: 'Not the nextCursor of a page of this list.' },
        ];
        throw new Problem('invalid_request', 'The cursor cannot be read.', { errors });
      }
      log.warn({ err: cause }, 'the list of orders could not be read');
      throw new Problem('unavailable', 'The read model does not answer.', { retryAfterSeconds: 1, cause });
    });
    return answer(200, { data: page.data.map(orderSummary), nextCursor: page.nextCursor });
  },
});

export const readOrder = endpoint({
  method: 'get',
  path: '/api/v1/orders/:orderId',
  operationId: 'readOrder',
  tag: 'orders',
  summary: 'Reads an order.',
  params: OrderParams,
  paramsProblem: 'order_not_found',
  requestHeaders: { 'If-None-Match': "Entity tags; 304 where one is the order's." },
  answers: {
    200: { description: 'The order.', schema: OrderView, headers: { ETag: 'Its version.' } },
    304: { description: 'The order is still the one you have.' },
  },
  problems: ['order_not_found', 'unavailable'],
  async handle({ orders, keys }, { params, request }) {
    const found = await orders.find(params.orderId);
    const tag = entityTag(found.version);
    if (!noneMatch(request.get('if-none-match'), tag)) return answer(304, undefined, { ETag: tag });
    return answer(200, await orderView(found, keys), { ETag: tag });
  },
});

export const cancelOrder = endpoint({
  method: 'delete',
  path: '/api/v1/orders/:orderId',
  operationId: 'cancelOrder',
  tag: 'orders',
  summary: 'Cancels an order: seats and tickets are given back, and whatever was paid.',
  params: OrderParams,
  paramsProblem: 'order_not_found',
  requestHeaders: {
    'If-Match': 'Cancel only this version of the order.',
    Prefer: '`wait=N`, 1 to 30 seconds: answer once the order is cancelled or refunded.',
    traceparent: 'W3C trace context, passed on to all that follows.',
  },
  answers: {
    200: { description: 'Cancelled within the wait: the whole order.', schema: OrderView },
    202: { description: 'The cancellation is under way.', schema: ReceiptView, headers: { Location: 'The order.' } },
  },
  problems: [
    'order_not_found',
    'not_cancellable',
    'refund_window_closed',
    'stale_version',
    'overloaded',
    'unavailable',
  ],
  async handle(ingress, call) {
    const { order, version, status } = await ingress.orders.find(call.params.orderId);
    const { orderId } = order;
    if (!matches(call.request.get('if-match'), entityTag(version)))
      throw new Problem('stale_version', `The order is at version ${version}.`, {
        headers: { ETag: entityTag(version) },
      });
    if (isClosing({ order, version, status, atRest: true }))
      throw new Problem(
        'not_cancellable',
        `The order is ${status}${order.closure ? `, for ${order.closure.reason}` : ''}.`,
      );
    const { refundWindowDays } = ingress.settings;
    if (status === 'Fulfilled' && ingress.now() - order.placedAt > refundWindowDays * DAY_MS) {
      throw new Problem(
        'refund_window_closed',
        `Orders can be cancelled for ${refundWindowDays} days after they were placed.`,
      );
    }
    const command = cancelCommand(
      { commandId: ingress.newId(), orderId, now: ingress.now() },
      'cancelled by the customer',
    );
    return send(ingress, call, { command, standing: { orderId, status: status as OrderStatus, version }, done: 200 });
  },
});

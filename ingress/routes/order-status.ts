import { z } from 'zod';
import type { StoredEvent } from '../../connectors/postgres/read-model.ts';
import { EVENT_TYPES, type EventType } from '../../schemas/types.ts';
import { STATUSES, statusesEntered, type OrderStatus } from '../../topology/order-states.ts';
import { answer } from '../answer.ts';
import { endpoint } from '../endpoint.ts';
import { entityTag } from '../entity-tag.ts';
import { timestampOf } from '../order-view.ts';
import { OrderParams } from './orders.ts';

const StatusStep = z.object({
  status: z.enum(STATUSES),
  version: z.int(),
  event: z.enum(EVENT_TYPES),
  at: z.iso.datetime(),
});
type StatusStep = z.infer<typeof StatusStep>;

/** The statuses an order went through, passed-through ones too, each with the event that brought it. */
export function statusHistory(events: readonly StoredEvent[]): StatusStep[] {
  let current: OrderStatus | 'new' = 'new';
  return events.flatMap(({ version, type, status, occurredAt }) => {
    const entered = statusesEntered(current, type as EventType);
    current = status as OrderStatus;
    return entered.map((each) => ({ status: each, version, event: type as EventType, at: timestampOf(occurredAt) }));
  });
}

export const readStatus = endpoint({
  method: 'get',
  path: '/api/v1/orders/:orderId/status',
  operationId: 'readOrderStatus',
  tag: 'orders',
  summary: 'Where an order stands, and how it got there.',
  params: OrderParams,
  paramsProblem: 'order_not_found',
  answers: {
    200: {
      description: 'Status and history, oldest first.',
      schema: z
        .object({
          orderId: z.string(),
          status: z.enum(STATUSES),
          version: z.int(),
          updatedAt: z.iso.datetime(),
          history: z.array(StatusStep),
        })
        .meta({ id: 'OrderHistory' }),
      headers: { ETag: "The order's version." },
    },
  },
  problems: ['order_not_found', 'unavailable'],
  async handle({ orders }, { params }) {
    const [found, events] = await Promise.all([orders.find(params.orderId), orders.settledHistory(params.orderId)]);
    const newest = events.at(-1);
    const isNewer = newest !== undefined && newest.version > found.version;
    const { status, version, at } = isNewer
      ? { status: newest.status, version: newest.version, at: newest.occurredAt }
      : { status: found.status, version: found.version, at: found.updatedAt };
    const history = statusHistory(events.length > 0 ? events : [received(found.orderId, found.updatedAt)]);
    return answer(
      200,
      { orderId: found.orderId, status, version, updatedAt: timestampOf(at), history },
      { ETag: entityTag(version) },
    );
  },
});

/** The first event of an order this process accepted and nobody has processed yet. */
const received = (orderId: string, occurredAt: number): StoredEvent => ({
  eventId: orderId,
  version: 1,
  type: 'OrderReceived',
  status: 'Received',
  occurredAt,
});

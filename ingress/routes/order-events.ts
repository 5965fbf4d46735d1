import { z } from 'zod';
import { EVENT_TYPES } from '../../schemas/types.ts';
import { STATUSES } from '../../topology/order-states.ts';
import { endpoint } from '../endpoint.ts';
import { OrderStream, type StreamedEvent } from '../order-stream.ts';
import { timestampOf } from '../order-view.ts';
import { Problem } from '../problem.ts';
import { OrderParams } from './orders.ts';

const RECONNECT_MS = 2_000;
const BUSY_RETRY_S = 5;

const EventData = z
  .object({
    orderId: z.string(),
    version: z.int(),
    event: z.enum(EVENT_TYPES),
    status: z.enum(STATUSES),
    at: z.iso.datetime(),
  })
  .meta({ id: 'OrderEventData' });

export const streamEvents = endpoint({
  method: 'get',
  path: '/api/v1/orders/:orderId/events',
  operationId: 'streamOrderEvents',
  tag: 'orders',
  summary:
    "An order's events as server-sent events, from its first on, or from the one after `Last-Event-ID`. The stream ends soon after the order's end.",
  params: OrderParams,
  paramsProblem: 'order_not_found',
  requestHeaders: { 'Last-Event-ID': 'The order version seen last.' },
  answers: {
    200: {
      description: "Each message's id is the order version, its data the JSON described here.",
      schema: EventData,
      contentType: 'text/event-stream',
    },
  },
  problems: ['order_not_found', 'invalid_request', 'too_many_streams', 'unavailable'],
  async handle({ orders, live, limits, openStreams, log }, { params, request, response }) {
    const { orderId } = params;
    const after = lastVersion(request.get('last-event-id'));
    if (openStreams.size >= limits.streams)
      throw new Problem('too_many_streams', `At most ${limits.streams} streams at once.`, {
        retryAfterSeconds: BUSY_RETRY_S,
      });
    const place = { close: () => {} };
    openStreams.add(place);
    response.on('close', () => {
      openStreams.delete(place);
      place.close();
    });
    try {
      await orders.find(orderId);
    } catch (error) {
      openStreams.delete(place);
      throw error;
    }
    if (response.destroyed) return null;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      'X-Accel-Buffering': 'no',
    });
    response.write(`retry: ${RECONNECT_MS}\n\n`);
    const stream = new OrderStream({
      after,
      history: () => orders.history(orderId),
      watch: (listener) => live.watch(orderId, listener),
      write: (event) => void response.write(message(orderId, event)),
      heartbeat: () => void response.write(': still here\n\n'),
      ended: () => void response.end(),
      fault: (error) => log.warn({ err: error }, 'the history of a stream could not be read'),
      heartbeatMs: limits.heartbeatMs,
      graceMs: limits.streamGraceMs,
      gapMs: limits.gapMs,
    });
    place.close = () => {
      stream.close();
      response.end();
    };
    return null;
  },
});

const message = (orderId: string, { version, event, status, occurredAt }: StreamedEvent): string =>
  `id: ${version}\ndata: ${JSON.stringify({ orderId, version, event, status, at: timestampOf(occurredAt) })}\n\n`;

function lastVersion(header: string | undefined): number {
  if (header === undefined || header === '') return 0;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const errors = [
    {
      pointer: '/headers/last-event-id',
      code: 'invalid_format',
      detail: 'The id of a message of this stream: an order version.',
    },
  ];
  throw new Problem('invalid_request', 'The Last-Event-ID cannot be read.', { errors });
}

import type { AnyOrderEvent } from '../../schemas/types.ts';

export type Headers = Record<string, string>;
type RawHeaders = Record<string, Buffer | string | (Buffer | string)[] | undefined>;

/** Names the node that processed the event in the transaction that wrote it; that node's consumer passes over it. */
export const CHAINED_TO = 'chained-to';
export const ORDER_VERSION = 'order-version';
export const TRACEPARENT = 'traceparent';

/** CloudEvents 1.0 attributes in Kafka binary mode. */
export function cloudEvent(attributes: { id: string; type: string; source: string; subject: string; time: number }): Headers {
  return {
    ce_specversion: '1.0',
    ce_id: attributes.id,
    ce_type: attributes.type,
    ce_source: `/iaros/${attributes.source}`,
    ce_subject: attributes.subject,
    ce_time: new Date(attributes.time).toISOString(),
  };
}

export function eventHeaders(event: AnyOrderEvent, node: string, traceparent: string | undefined): Headers {
  const headers = cloudEvent({ id: event.eventId, type: event.type, source: node, subject: event.orderId, time: event.occurredAt });
  headers[ORDER_VERSION] = String(event.version);
  if (traceparent) headers[TRACEPARENT] = traceparent;
  return headers;
}

/** One header as text; the first where it is repeated. */
export function headerText(headers: RawHeaders | undefined, name: string): string | undefined {
  const value = headers?.[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined || first === null ? undefined : first.toString();
}

import { hash } from 'node:crypto';
import type { AnyOrderEvent } from '../../schemas/types.ts';

const NAMESPACE = Buffer.from('6f1b8f2e5d3c4a719c0d7e2b9a4f5c61', 'hex');

/** UUID version 5 (RFC 9562) of a name in this platform's namespace. */
export function uuidV5(name: string): string {
  const bytes = hash('sha1', Buffer.concat([NAMESPACE, Buffer.from(name)]), 'buffer');
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

export type EventOrigin = Pick<AnyOrderEvent, 'orderId' | 'causationId' | 'type' | 'version'>;

/** An event's id follows from its order and its cause, so a replay gives the same one, and no two orders ever share one. */
export const eventIdOf = ({ orderId, causationId, type, version }: EventOrigin): string => uuidV5(`${orderId}/${causationId}/${type}/${version}`);

/** Whether an event came from this pipeline: a record made by hand does not have the id that its order and its cause give. */
export const isGenuine = (event: AnyOrderEvent): boolean => event.eventId === eventIdOf(event);

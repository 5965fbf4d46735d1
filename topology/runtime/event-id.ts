import { hash } from 'node:crypto';
import type { AnyOrderEvent } from '../../schemas/types.ts';

/** The platform's namespace, 6961726f-732d-6f72-6465-722d75756964: as text, so that it is hashed together with the name in one piece. */
const NAMESPACE = 'iaros-order-uuid';
/** First digit of the group that begins with the variant's two bits. */
const VARIANT = '89ab';

/** UUID version 5 (RFC 9562) of a name in this platform's namespace. */
export function uuidV5(name: string): string {
  const hex = hash('sha1', NAMESPACE + name, 'hex');
  const variant = VARIANT[Number.parseInt(hex.charAt(16), 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export type EventOrigin = Pick<AnyOrderEvent, 'orderId' | 'causationId' | 'type' | 'version'>;

/**
 * An event's id follows from its order and its cause, so a replay gives the same one, and no two orders ever share one: the length tells where
 * an order's id ends, whatever channels put into theirs.
 */
export const eventIdOf = ({ orderId, causationId, type, version }: EventOrigin): string =>
  uuidV5(`${orderId.length}/${orderId}/${causationId}/${type}/${version}`);

/** Whether an event came from this pipeline: a record made by hand does not have the id that its order and its cause give. */
export const isGenuine = (event: AnyOrderEvent): boolean => event.eventId === eventIdOf(event);

import { createHash } from 'node:crypto';
import type { Codec } from '../../../schemas/codec.ts';
import { EVENT_TYPES, type AnyOrderEvent } from '../../../schemas/types.ts';
import { orderFlow } from '../../order-flow.ts';
import { COMMANDS_TOPIC, deadLetterTopicOf, topicOf } from '../../topics.ts';
import type { Kafka } from '../../runtime/kafka.ts';
import { readTopics } from '../../runtime/topic-reader.ts';
import type { Evidence, LoggedOrder } from './evidence.ts';

type LogEvidence = Pick<Evidence, 'placed' | 'orders' | 'deadLetters'>;

/** Folds everything on the public topics and the dead letters. Records that cannot be read are the dead letters' business. */
export async function readLog(kafka: Kafka, codec: Codec): Promise<LogEvidence> {
  const placed = new Set<string>();
  const orders = new Map<string, LoggedOrder>();
  const deadLetters = new Map<string, string[]>();
  await readTopics(kafka, [COMMANDS_TOPIC, ...EVENT_TYPES.map(topicOf)], async ({ topic, partition, offset, value }) => {
    if (!value) return;
    const decoded = await Promise.resolve(codec.decode(value)).catch(() => null);
    if (!decoded || decoded.name === 'TimerFired') return;
    if (decoded.name === 'OrderCommand') {
      if (decoded.record.kind === 'place' && decoded.record.place) placed.add(decoded.record.orderId);
    } else addEvent(orders, decoded.record, value, `${topic}/${partition}@${offset}`);
  });
  await readTopics(kafka, orderFlow.nodes.map(({ name }) => deadLetterTopicOf(name)), ({ topic, key }) => {
    deadLetters.set(topic, [...(deadLetters.get(topic) ?? []), key?.toString() ?? '']);
  });
  return { placed, orders, deadLetters };
}

function addEvent(orders: Map<string, LoggedOrder>, event: AnyOrderEvent, value: Buffer, position: string): void {
  const { orderId, type, version, status, eventId, causationId } = event;
  const order = orders.get(orderId) ?? { events: [], last: event };
  orders.set(orderId, order);
  order.events.push({ type, version, status, eventId, causationId, digest: createHash('sha1').update(value).digest('base64'), position });
  if (version >= order.last.version) order.last = event;
}

import type { StillOrder } from '../../connectors/postgres/stuck-orders.ts';
import { deadLetterTopicOf, EVENT_TOPICS, groupOf, POSTGRES_SINK } from '../topics.ts';
import { headerText, ORDER_VERSION } from './headers.ts';
import type { Kafka } from './kafka.ts';
import type { Mover } from './stuck-order.ts';
import { committedOffsets, endOffsets, type Offsets, type Range, readRanges, readTopics } from './topic-reader.ts';

/** Where the newest event of an order that stands still is. */
export type Whereabouts =
  /** Its node has not come to it yet. */
  | { kind: 'unread'; topic: string }
  /** Its node has put it off: something outside is away. */
  | { kind: 'put_off'; topic: string }
  | { kind: 'buried'; letter: string; code: string }
  /** It is not the newest: the read model has not caught up. */
  | { kind: 'moved_on' }
  /** Its node is past it, and nobody has it. */
  | { kind: 'lost' };

/** Beyond so many offsets a reader is behind, and whoever waits for it waits. */
const READ_UP_TO = 20_000n;

interface Sought {
  order: StillOrder;
  mover: Mover;
}

/**
 * Asks Kafka about orders that stand still, by a read model that had read as far as `readTo`. The node's position comes first: what it
 * puts off or buries after that is seen, because both happen in the transaction that moves the position.
 */
export async function whereaboutsOf(kafka: Kafka, sought: readonly Sought[], readTo: Offsets, versionOf: (orderId: string) => Promise<number | null>): Promise<Map<string, Whereabouts>> {
  const found = new Map<string, Whereabouts>();
  for (const [node, orders] of Map.groupBy(sought, ({ mover }) => mover.node.name)) await askNode(kafka, node, orders, found);
  const lost = sought.filter(({ order }) => !found.has(order.orderId));
  const ahead: StillOrder[] = [];
  for (const { order } of lost) if (((await versionOf(order.orderId)) ?? 0) > order.version) ahead.push(order);
  if (ahead.length > 0) await askLog(kafka, ahead, readTo, found);
  for (const { order } of lost) if (!found.has(order.orderId)) found.set(order.orderId, { kind: 'lost' });
  return found;
}

async function askNode(kafka: Kafka, node: string, sought: readonly Sought[], found: Map<string, Whereabouts>): Promise<void> {
  const own = sought.filter(({ mover }) => !mover.byTimer).map(({ order }) => order.topic);
  const reminders = sought.flatMap(({ mover }) => mover.topic ?? []);
  const committed = await committedOffsets(kafka, groupOf(node), [...new Set([...own, ...reminders])]);
  for (const { order, mover } of sought) {
    const next = committed.get(order.topic)?.get(order.partition) ?? 0n;
    if (!mover.byTimer && next <= BigInt(order.offset)) found.set(order.orderId, { kind: 'unread', topic: order.topic });
  }
  for (const topic of new Set(reminders)) {
    const waiting = await keysFrom(kafka, topic, committed.get(topic) ?? new Map());
    for (const { order } of sought) if (!found.has(order.orderId) && (waiting === null || waiting.has(order.orderId))) found.set(order.orderId, { kind: 'put_off', topic });
  }
  const letters = await lettersOf(kafka, node);
  for (const { order } of sought) {
    const letter = letters.get(`${order.orderId}@${order.version}`);
    if (letter && !found.has(order.orderId)) found.set(order.orderId, { kind: 'buried', ...letter });
  }
}

/** Keys of what is still to be read; null where that is too much to look at. */
async function keysFrom(kafka: Kafka, topic: string, committed: ReadonlyMap<number, bigint>): Promise<Set<string> | null> {
  const ranges = await rangesFrom(kafka, [topic], (_, partition) => committed.get(partition) ?? 0n);
  if (ranges === null) return null;
  const keys = new Set<string>();
  await readRanges(kafka, ranges, ({ key }) => void keys.add(String(key)));
  return keys;
}

async function rangesFrom(kafka: Kafka, topics: readonly string[], from: (topic: string, partition: number) => bigint): Promise<Range[] | null> {
  const ends = await endOffsets(kafka, topics);
  const ranges = [...ends].flatMap(([topic, partitions]) => [...partitions].map(([partition, to]): Range => ({ topic, partition, from: from(topic, partition), to })));
  const length = ranges.reduce((sum, range) => sum + (range.to > range.from ? range.to - range.from : 0n), 0n);
  return length > READ_UP_TO ? null : ranges;
}

/** Dead letters of a node by `<order>@<version>` of their events. */
async function lettersOf(kafka: Kafka, node: string): Promise<Map<string, { letter: string; code: string }>> {
  const letters = new Map<string, { letter: string; code: string }>();
  await readTopics(kafka, [deadLetterTopicOf(node)], ({ partition, offset, key, headers }) => {
    letters.set(`${key}@${headerText(headers, ORDER_VERSION)}`, { letter: `${node}/${partition}/${offset}`, code: headerText(headers, 'x-error-code') ?? '' });
  });
  return letters;
}

/** How far the read model has read. */
export const readModelPositions = (kafka: Kafka): Promise<Offsets> => committedOffsets(kafka, groupOf(POSTGRES_SINK), EVENT_TOPICS);

/** Looks for newer events in what the read model had not read. */
async function askLog(kafka: Kafka, orders: readonly StillOrder[], readTo: Offsets, found: Map<string, Whereabouts>): Promise<void> {
  const ranges = await rangesFrom(kafka, EVENT_TOPICS, (topic, partition) => readTo.get(topic)?.get(partition) ?? 0n);
  const versions = new Map(orders.map(({ orderId, version }) => [orderId, version]));
  if (ranges === null) {
    for (const { orderId } of orders) found.set(orderId, { kind: 'moved_on' });
    return;
  }
  await readRanges(kafka, ranges, ({ key, headers }) => {
    const orderId = String(key);
    const version = versions.get(orderId);
    if (version !== undefined && Number(headerText(headers, ORDER_VERSION)) > version) found.set(orderId, { kind: 'moved_on' });
  });
}

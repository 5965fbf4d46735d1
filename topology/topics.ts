import { EVENT_TYPES, type EventType } from '../schemas/types.ts';
import type { Flow, FlowNode } from './define.ts';

export const COMMANDS_TOPIC = 'orders.commands.v1';
export const TIMERS_TOPIC = 'internal.timers.v1';
/** Compacted: the newest snapshot of every order, from which Redis is rebuilt. */
export const CHANGELOG_TOPIC = 'internal.orders-changelog.v1';

/** What operators did, one entry after another, kept for good. */
export const AUDIT_TOPIC = 'internal.audit.v1';

/** Readers of every event that are not nodes of the flow. */
export const POSTGRES_SINK = 'postgres-sink';
export const CLICKHOUSE_SINK = 'clickhouse-sink';
export const SINKS = [POSTGRES_SINK, CLICKHOUSE_SINK] as const;
export type SinkName = (typeof SINKS)[number];

const DAY_MS = 86_400_000;
const kebab = (type: string): string => type.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

/** `OrderValidated` lives on `orders.validated.v1`, `InventoryHeld` on `orders.inventory-held.v1`. */
export const topicOf = (type: EventType): string => `orders.${kebab(type).replace(/^order-/, '')}.v1`;
/** One for each type of event. */
export const EVENT_TOPICS: readonly string[] = EVENT_TYPES.map(topicOf);
export const retryTopicOf = (node: string): string => `internal.retry.${node}.v1`;
export const deadLetterTopicOf = (node: string): string => `dlq.${node}.v1`;
export const groupOf = (node: string): string => `orders.${node}`;

export interface Topic {
  name: string;
  visibility: 'public' | 'internal' | 'dead-letter';
  /** Avro record of its values; null where they are copies of records of other topics. */
  record: string | null;
  cleanup: 'delete' | 'compact';
  retentionMs: number;
  /** 'flow': as many as the flow's keyed topics have. */
  partitions: 'flow' | number;
}

const topic = (name: string, visibility: Topic['visibility'], record: string | null, rest: Partial<Topic> = {}): Topic => ({
  name, visibility, record, cleanup: 'delete', retentionMs: 7 * DAY_MS, partitions: 'flow', ...rest,
});

/** Topics a node reads, its retry topic last. */
export function inputsOf(node: FlowNode): string[] {
  const main = node.kind === 'processor' ? node.on.map(topicOf) : [node.accepts === 'hold_expiry' ? TIMERS_TOPIC : COMMANDS_TOPIC];
  return waits(node) ? [...main, retryTopicOf(node.name)] : main;
}

/** A node that uses a port may meet a passing fault, and then puts the record off. */
export const waits = (node: FlowNode): boolean => node.uses.length > 0;

/** Every topic of the flow, with what provisioning, AsyncAPI and k8s need to know. */
export function topicsOf(flow: Flow): Topic[] {
  return [
    topic(COMMANDS_TOPIC, 'public', 'OrderCommand'),
    ...EVENT_TYPES.map((type) => topic(topicOf(type), 'public', type)),
    topic(TIMERS_TOPIC, 'internal', 'TimerFired', { retentionMs: DAY_MS }),
    topic(CHANGELOG_TOPIC, 'internal', null, { cleanup: 'compact', retentionMs: -1 }),
    topic(AUDIT_TOPIC, 'internal', 'AuditEntry', { partitions: 1, retentionMs: -1 }),
    ...flow.nodes.filter(waits).map((node) => topic(retryTopicOf(node.name), 'internal', null)),
    ...[...flow.nodes.map(({ name }) => name), ...SINKS].map((name) => topic(deadLetterTopicOf(name), 'dead-letter', null, { partitions: 1, retentionMs: 30 * DAY_MS })),
  ];
}

/** Registry subjects (TopicNameStrategy) of the topics that hold one record type of their own. */
export const subjectsOf = (topics: readonly Topic[]): { subject: string; name: string }[] =>
  topics.flatMap((topic) => (topic.record ? [{ subject: `${topic.name}-value`, name: topic.record }] : []));

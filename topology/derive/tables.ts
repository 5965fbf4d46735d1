import { FAULTS } from '../../processors/orders/faults.ts';
import { FEATURES } from '../../processors/payments/fraud-score.ts';
import { DIMENSIONS } from '../../processors/payments/velocity.ts';
import type { Flow } from '../define.ts';
import { flowEdges, takersOf } from '../edges.ts';
import { AT_REST, FINAL, PAST_CANCELLING, STATUSES, TRANSITIONS } from '../order-states.ts';
import { AUDIT_TOPIC, groupOf, inputsOf, topicOf, topicsOf } from '../topics.ts';
import { code, markdownTable } from './markdown.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const list = (names: readonly string[]): string => names.map(code).join(', ') || '-';

export function nodesTable(flow: Flow): string {
  return markdownTable(
    ['node', 'kind', 'does', 'takes', 'emits', 'uses', 'takes back'],
    flow.nodes.map((node) => [
      code(node.name),
      node.kind,
      node.summary,
      list(node.kind === 'processor' ? node.on : [node.accepts]),
      list(node.emits),
      list(node.uses),
      list(node.compensates ?? []),
    ]),
  );
}

export function groupsTable(flow: Flow): string {
  return markdownTable(
    ['node', 'consumer group', 'reads'],
    flow.nodes.map((node) => [code(node.name), code(groupOf(node.name)), list(inputsOf(node))]),
  );
}

export function edgesTable(flow: Flow): string {
  const rows = flowEdges(flow).map(({ from, topic, carries, to }) => [
    from === null ? 'outside' : code(from),
    code(carries),
    code(topic),
    to === null ? 'read models' : code(to),
  ]);
  return markdownTable(['from', 'carries', 'topic', 'to'], rows);
}

export function topicsTable(flow: Flow): string {
  return markdownTable(
    ['topic', 'visibility', 'record', 'partitions', 'kept', 'written by', 'read by'],
    topicsOf(flow).map((topic) => [
      code(topic.name),
      topic.visibility,
      topic.record ? code(topic.record) : 'any',
      topic.partitions === 'flow' ? code('IAROS_PARTITIONS') : String(topic.partitions),
      topic.cleanup === 'compact' ? 'newest by key' : days(topic.retentionMs),
      writersOf(topic.name, flow),
      readersOf(topic.name, flow),
    ]),
  );
}

export function statusesTable(): string {
  return markdownTable(
    ['status', 'final', 'rests', 'can be cancelled'],
    STATUSES.map((status) => [
      code(status),
      yes(FINAL.has(status)),
      yes(AT_REST.has(status)),
      yes(!PAST_CANCELLING.has(status)),
    ]),
  );
}

export function transitionsTable(flow: Flow): string {
  return markdownTable(
    ['event', 'follows', 'passes through', 'leads to', 'taken by'],
    TRANSITIONS.map(({ event, from, via, to }) => [
      code(event),
      list(from),
      list(via),
      to === 'same' ? 'the same status' : code(to),
      list(takersOf(flow, event)),
    ]),
  );
}

export const faultsTable = (): string =>
  markdownTable(
    ['code', 'means'],
    Object.entries(FAULTS).map(([name, text]) => [code(name), text]),
  );

export function fraudTable(): string {
  const features = FEATURES.map(({ name, summary, most }) => [code(name), summary, thousandths(most)]);
  const velocity = DIMENSIONS.map(({ name, windowMs, allowed, perOrder, most }) => [
    code(`velocity_${name}`),
    `each order above ${allowed} in ${windowMs / HOUR_MS} h: ${perOrder}`,
    thousandths(most),
  ]);
  return markdownTable(['feature', 'thousandths', 'at most'], [...features, ...velocity]);
}

function writersOf(topic: string, flow: Flow): string {
  if (topic.startsWith('dlq.') || topic.startsWith('internal.retry.')) return code(topic.split('.').at(-2) as string);
  if (topic.startsWith('internal.orders-changelog.')) return 'all nodes';
  if (topic === AUDIT_TOPIC) return 'operators';
  const writers = flow.nodes
    .filter((node) => node.emits.some((type) => topicOf(type) === topic))
    .map(({ name }) => name);
  return writers.length > 0 ? list(writers) : topic.startsWith('internal.') ? 'the timer scheduler' : 'channels';
}

function readersOf(topic: string, flow: Flow): string {
  if (topic.startsWith('dlq.') || topic === AUDIT_TOPIC) return 'operators';
  if (topic.startsWith('internal.orders-changelog.')) return 'rebuild';
  const nodes = list(flow.nodes.filter((node) => inputsOf(node).includes(topic)).map(({ name }) => name));
  return flow.nodes.some((node) => node.emits.some((type) => topicOf(type) === topic))
    ? [nodes, 'sinks'].filter((part) => part !== '-').join(', ')
    : nodes;
}

function days(ms: number): string {
  if (ms < 0) return 'for good';
  return ms === DAY_MS ? '1 day' : `${ms / DAY_MS} days`;
}
const yes = (value: boolean): string => (value ? 'yes' : '');
const thousandths = (points: number): string => String(points);

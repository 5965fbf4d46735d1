import type { AuditEntry } from '../../../schemas/types.ts';
import { orderFlow } from '../../order-flow.ts';
import type { RawRecord } from '../../runtime/dead-letter.ts';
import { headerText } from '../../runtime/headers.ts';
import type { Kafka } from '../../runtime/kafka.ts';
import { readTopics } from '../../runtime/topic-reader.ts';
import { deadLetterTopicOf, SINKS, topicsOf } from '../../topics.ts';
import { BadInput } from '../bad-input.ts';

export interface DeadLetter {
  /** `<node>/<partition>/<offset>`, on the node's dead-letter topic. */
  id: string;
  node: string;
  offset: string;
  code: string;
  message: string;
  /** Where the record stood at first, `<topic>/<partition>@<offset>`. */
  from: string;
  attempts: number;
  firstFailedAt: string;
  /** When it was put there, ms. */
  at: number;
  /** The record's key where it can be one of an order; null otherwise. */
  orderId: string | null;
  schemaId: string;
  /** What was done with it last; null while it is open. */
  handled: AuditEntry | null;
  record: RawRecord;
}

/** Nodes and sinks that have a topic of dead letters; or the one named. Throws BadInput. */
export function nodesNamed(node: string | undefined): string[] {
  const topics = new Set(topicsOf(orderFlow).filter(({ visibility }) => visibility === 'dead-letter').map(({ name }) => name));
  const names = [...orderFlow.nodes.map(({ name }) => name), ...SINKS].filter((name) => topics.has(deadLetterTopicOf(name)));
  if (node === undefined) return names;
  if (!names.includes(node)) throw new BadInput(`no node is named ${node}; there are: ${names.join(', ')}`);
  return [node];
}

/** Node, partition and offset of an id. Throws BadInput. */
export function parseId(id: string): { node: string; partition: number; offset: string } {
  const [, node, partition, offset] = /^([a-z-]+)\/(\d{1,6})\/(\d{1,19})$/.exec(id) ?? [];
  if (!node || !partition || !offset) throw new BadInput(`${id} is no dead letter: an id is <node>/<partition>/<offset>, as \`iaros dlq list\` shows it`);
  nodesNamed(node);
  return { node, partition: Number(partition), offset };
}

/** Dead letters of the nodes, oldest first, with what the audit log says was done with them. */
export async function readDeadLetters(kafka: Kafka, nodes: readonly string[], done: readonly AuditEntry[]): Promise<DeadLetter[]> {
  const handled = new Map(done.map((entry) => [entry.subject, entry]));
  const nodeOf = new Map(nodes.map((node) => [deadLetterTopicOf(node), node]));
  const letters: DeadLetter[] = [];
  await readTopics(kafka, [...nodeOf.keys()], (read) => {
    letters.push(letterOf(nodeOf.get(read.topic) as string, { ...read, offset: read.offset.toString() }, handled));
  });
  return letters.sort((one, other) => one.at - other.at);
}

export function letterOf(node: string, record: RawRecord, handled: ReadonlyMap<string, AuditEntry>): DeadLetter {
  const text = (name: string): string => headerText(record.headers, name) ?? '';
  const id = `${node}/${record.partition}/${record.offset}`;
  return {
    id, node, offset: record.offset, code: text('x-error-code'), message: text('x-error-message'),
    from: `${text('x-orig-topic')}/${text('x-orig-partition')}@${text('x-orig-offset')}`,
    attempts: Number(text('x-attempts')), firstFailedAt: text('x-first-failed-at'), at: Number(record.timestamp),
    orderId: orderIdOf(record), schemaId: text('x-schema-id'), handled: handled.get(id) ?? null, record,
  };
}

/** A key may hold anything; only what can be an order's id is shown and kept. */
function orderIdOf({ key }: RawRecord): string | null {
  const text = key?.toString() ?? '';
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text) ? text : null;
}

/** What is told of a letter: everything but its content. */
export function factsOf({ record: _record, handled, ...facts }: DeadLetter): Omit<DeadLetter, 'record' | 'handled'> & { state: string; handledBy: string | null } {
  return { ...facts, state: handled?.action ?? 'open', handledBy: handled?.actor ?? null };
}

/** The letter of that id. Throws BadInput where there is none. */
export function letterNamed(letters: readonly DeadLetter[], id: string): DeadLetter {
  const { node, offset } = parseId(id);
  const letter = letters.find((each) => each.id === id);
  if (!letter) throw new BadInput(`${node} has no dead letter at offset ${offset}; \`iaros dlq list ${node}\` shows those it has`);
  return letter;
}

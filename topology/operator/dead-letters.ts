import { createHash } from 'node:crypto';
import { type CommandProducer, openCommandProducer } from '../runtime/command-producer.ts';
import { passedOn, type RawRecord } from '../runtime/dead-letter.ts';
import { headerText } from '../runtime/headers.ts';
import type { Kafka } from '../runtime/kafka.ts';
import { createLog } from '../runtime/log.ts';
import { readTopics } from '../runtime/topic-reader.ts';
import { orderFlow } from '../order-flow.ts';
import { deadLetterTopicOf, retryTopicOf, SINKS, type SinkName, topicsOf, waits } from '../topics.ts';
import { attach } from './attach.ts';
import { table, wrap } from './table.ts';

interface DeadLetter {
  node: string;
  /** On the node's dead-letter topic. */
  offset: string;
  code: string;
  message: string;
  /** Where the record stood at first, `<topic>/<partition>@<offset>`. */
  from: string;
  attempts: number;
  firstFailedAt: string;
  record: RawRecord;
}

const TEXT_WIDTH = 112;

async function readDeadLetters(kafka: Kafka, nodes: readonly string[]): Promise<DeadLetter[]> {
  const topics = new Map(nodes.map((node) => [deadLetterTopicOf(node), node]));
  const letters: DeadLetter[] = [];
  await readTopics(kafka, [...topics.keys()], (read) => {
    const record: RawRecord = { ...read, offset: read.offset.toString() };
    const text = (name: string): string => headerText(record.headers, name) ?? '';
    letters.push({
      node: topics.get(read.topic) ?? '', offset: record.offset, code: text('x-error-code'), message: text('x-error-message'),
      from: `${text('x-orig-topic')}/${text('x-orig-partition')}@${text('x-orig-offset')}`,
      attempts: Number(text('x-attempts')), firstFailedAt: text('x-first-failed-at'), record,
    });
  });
  return letters.sort((one, other) => Number(one.record.timestamp) - Number(other.record.timestamp));
}

/** Nodes and sinks that have a topic of dead letters; or the one named. */
function nodesNamed(node: string | undefined): string[] {
  const topics = new Set(topicsOf(orderFlow).filter(({ visibility }) => visibility === 'dead-letter').map(({ name }) => name));
  const names = [...orderFlow.nodes.map(({ name }) => name), ...SINKS].filter((name) => topics.has(deadLetterTopicOf(name)));
  if (node === undefined) return names;
  if (!names.includes(node)) throw new Error(`no node is named ${node}; there are: ${names.join(', ')}`);
  return [node];
}

/** Prints what could not be processed, newest last: where it came from and why, never what is in it. */
export async function listDeadLetters(node: string | undefined, options: { json?: boolean }): Promise<void> {
  const nodes = nodesNamed(node);
  const { kafka } = await attach();
  const letters = (await readDeadLetters(kafka, nodes)).map(({ record: _record, ...rest }) => rest);
  if (options.json) return console.log(JSON.stringify(letters));
  if (letters.length === 0) return console.log(node ? `no dead letters of ${node}` : 'no dead letters');
  const rows = table(letters.map(({ node: name, offset, code, from, attempts, firstFailedAt }) => ({ node: name, offset, code, from, attempts, firstFailedAt }))).split('\n');
  const lines = letters.flatMap(({ message }, at) => [rows[at + 1] ?? '', ...(message ? wrap(message, TEXT_WIDTH).split('\n').map((line) => `    ${line}`) : [])]);
  console.log([rows[0], ...lines].join('\n'));
}

/**
 * Gives dead letters to their node once more, under their own keys and ids: what was processed meanwhile changes nothing. They go to the
 * node's retry topic, so that nobody else who reads the topic they came from meets them a second time; commands and timers go back to
 * theirs. Equal letters, which a replay that fails again leaves behind, are replayed once.
 */
export async function replayDeadLetters(node: string, options: { offset?: string; dryRun?: boolean }): Promise<void> {
  const nodes = nodesNamed(node);
  if (SINKS.includes(node as SinkName)) throw new Error('dead letters of a sink cannot be replayed: their topics would then hold the same event twice, for every reader');
  const { kafka } = await attach();
  const letters = (await readDeadLetters(kafka, nodes)).filter(({ offset }) => options.offset === undefined || offset === options.offset);
  if (options.offset !== undefined && letters.length === 0) throw new Error(`${node} has no dead letter at offset ${options.offset}; \`iaros dlq list ${node}\` shows those it has`);
  const distinct = [...new Map(letters.map((letter) => [contentOf(letter), letter])).values()];
  if (!options.dryRun && distinct.length > 0) {
    const producer = await openCommandProducer(kafka, { log: createLog('iaros', 'error') });
    try {
      for (const { record } of distinct) await replay(producer, node, record);
    } finally {
      await producer.close();
    }
  }
  console.log(summaryOf(node, letters.length, distinct.length, options.dryRun ?? false));
}

const contentOf = ({ record: { key, value, headers } }: DeadLetter): string =>
  createHash('sha256').update(`${headerText(headers, 'x-orig-topic')}|${key?.toString('base64')}|`).update(value ?? '').digest('base64');

async function replay(producer: CommandProducer, node: string, record: RawRecord): Promise<void> {
  const origin = (name: string): string => headerText(record.headers, `x-orig-${name}`) ?? '';
  const kept = ['topic', 'partition', 'offset', 'timestamp'].filter((name) => origin(name) !== '').map((name) => [`x-orig-${name}`, origin(name)]);
  const retries = orderFlow.nodes.some((each) => each.name === node && waits(each));
  await producer.publish({
    topic: retries ? retryTopicOf(node) : origin('topic'),
    key: record.key,
    value: record.value,
    headers: { ...passedOn(record), ...(retries ? Object.fromEntries(kept) : {}), 'x-replayed-from': `${record.topic}@${record.offset}` },
  });
}

function summaryOf(node: string, letters: number, distinct: number, dryRun: boolean): string {
  if (letters === 0) return `no dead letters of ${node}`;
  const some = `${distinct} dead letter${distinct === 1 ? '' : 's'} of ${node}`;
  const repeats = letters > distinct ? ` (${letters - distinct} more are repeats of them)` : '';
  return `${some} ${dryRun ? 'would be replayed' : 'replayed'}${repeats}`;
}

import { orderFlow } from '../order-flow.ts';
import { deadLetterTopicOf } from '../topics.ts';
import { openCommandProducer } from '../runtime/command-producer.ts';
import { passedOn, type RawRecord } from '../runtime/dead-letter.ts';
import { headerText } from '../runtime/headers.ts';
import type { Kafka } from '../runtime/kafka.ts';
import { createLog } from '../runtime/log.ts';
import { readTopics } from '../runtime/topic-reader.ts';
import { attach } from './attach.ts';
import { table } from './table.ts';

interface DeadLetter {
  node: string;
  offset: string;
  code: string;
  message: string;
  from: string;
  attempts: number;
  firstFailedAt: string;
  record: RawRecord;
}

async function readDeadLetters(kafka: Kafka, nodes: readonly string[]): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  await readTopics(kafka, nodes.map(deadLetterTopicOf), (read) => {
    const record: RawRecord = { ...read, offset: read.offset.toString() };
    const text = (name: string): string => headerText(record.headers, name) ?? '';
    letters.push({
      node: text('x-node'), offset: record.offset, code: text('x-error-code'), message: text('x-error-message'),
      from: `${text('x-orig-topic')}/${text('x-orig-partition')}@${text('x-orig-offset')}`,
      attempts: Number(text('x-attempts')), firstFailedAt: text('x-first-failed-at'), record,
    });
  });
  return letters;
}

function nodesNamed(node: string | undefined): string[] {
  const names = orderFlow.nodes.map(({ name }) => name);
  if (node === undefined) return names;
  if (!names.includes(node)) throw new Error(`no node is named ${node}; there are: ${names.join(', ')}`);
  return [node];
}

export async function listDeadLetters(node: string | undefined, options: { json?: boolean }): Promise<void> {
  const { kafka } = await attach();
  const letters = (await readDeadLetters(kafka, nodesNamed(node))).map(({ record: _record, ...rest }) => rest);
  if (options.json) return console.log(JSON.stringify(letters));
  console.log(letters.length === 0 ? 'no dead letters' : table(letters));
}

/** Puts dead letters back on the topics they came from, under their own keys and event ids: what was processed meanwhile changes nothing. */
export async function replayDeadLetters(node: string, options: { offset?: string; dryRun?: boolean }): Promise<void> {
  const { kafka } = await attach();
  const letters = (await readDeadLetters(kafka, nodesNamed(node))).filter(({ offset }) => options.offset === undefined || offset === options.offset);
  if (options.dryRun) return console.log(`${letters.length} dead letters of ${node} would be replayed`);
  const producer = await openCommandProducer(kafka, { log: createLog('iaros', 'error') });
  for (const { record } of letters) {
    const topic = headerText(record.headers, 'x-orig-topic');
    if (topic) await producer.publish({ topic, key: record.key, value: record.value, headers: { ...passedOn(record), 'x-replayed-from': `${record.topic}@${record.offset}` } });
  }
  await producer.close();
  console.log(`${letters.length} dead letters of ${node} replayed`);
}

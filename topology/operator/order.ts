import { type Codec, type DecodedRecord, Undecodable } from '../../schemas/codec.ts';
import type { AnyOrderEvent } from '../../schemas/types.ts';
import { headerText } from '../runtime/headers.ts';
import type { Kafka } from '../runtime/kafka.ts';
import { readTopics } from '../runtime/topic-reader.ts';
import { EVENT_TOPICS, topicOf } from '../topics.ts';
import { attach } from './attach.ts';
import { readAudit } from './audit/audit-log.ts';
import { nodesNamed, readDeadLetters } from './dead-letters/letter.ts';
import { table, wrap } from './table.ts';

interface Found {
  event: AnyOrderEvent;
  /** The node that emitted it. */
  by: string;
  topic: string;
  /** `<partition>@<offset>` */
  position: string;
}

const LETTER_WIDTH = 116;
const SOURCE_PREFIX = '/iaros/';

/** Every event of one order as it stands in Kafka, with where it stands and how long after the one before. Personal data stays sealed. */
export async function printOrder(orderId: string, options: { json?: boolean }): Promise<void> {
  const { kafka, codec } = await attach();
  const found = await eventsOf(kafka, codec, orderId);
  if (found.length === 0) throw new Error(`there is no order ${orderId}: Kafka holds no event of it (\`iaros dlq list\` shows what could not be processed)`);
  if (options.json) console.log(JSON.stringify(found.map(({ event, by, topic, position }) => ({ at: `${topic}/${position}`, by, ...event }))));
  else console.log([timeline(found), ...(await lettersAbout(kafka, codec, orderId))].join('\n'));
}

/** A line for each open dead letter of the order. */
async function lettersAbout(kafka: Kafka, codec: Codec, orderId: string): Promise<string[]> {
  const letters = await readDeadLetters(kafka, nodesNamed(undefined), await readAudit(kafka, codec));
  return letters
    .filter((letter) => letter.orderId === orderId && letter.handled === null)
    .map(({ id, code, message }) => wrap(`dead letter ${id} (${code}): ${message}`, LETTER_WIDTH).replaceAll('\n', '\n    '));
}

async function eventsOf(kafka: Kafka, codec: Codec, orderId: string): Promise<Found[]> {
  const found: Found[] = [];
  await readTopics(kafka, EVENT_TOPICS, async ({ topic, partition, offset, key, value, headers }) => {
    if (!value || !key?.equals(Buffer.from(orderId))) return;
    const position = `${partition}@${offset}`;
    const record = await readable(codec, value, `${topic}/${position}`);
    if (record) found.push({ event: record.record as AnyOrderEvent, by: (headerText(headers, 'ce_source') ?? '').replace(SOURCE_PREFIX, ''), topic, position });
  });
  return found.sort((one, other) => one.event.version - other.event.version);
}

async function readable(codec: Codec, value: Buffer, at: string): Promise<DecodedRecord | null> {
  try {
    return await codec.decode(value);
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error;
    process.stderr.write(`iaros: left out a record under this key that cannot be read: ${at} (${error.message})\n`);
    return null;
  }
}

function timeline(found: readonly Found[]): string {
  const last = found.at(-1)?.event;
  const total = last?.order.total;
  const heading = `order ${last?.orderId}  ${last?.status}  ${total ? `${total.amount} ${total.currency} minor units` : 'not priced'}  by ${last?.order.channel}`;
  const rows = found.map(({ event, by, position }, at) => ({
    version: event.version,
    event: event.type,
    status: event.status,
    'time (UTC)': new Date(event.occurredAt).toISOString().replace('T', ' ').replace('Z', ''),
    'after ms': event.occurredAt - (found[at - 1]?.event.occurredAt ?? event.occurredAt),
    by,
    position,
  }));
  return `${heading}\n${table(rows)}\npositions are partition@offset on the topic of the event, ${topicOf('OrderReceived')} and so on`;
}

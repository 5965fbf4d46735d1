import type { AnyOrderEvent } from '../../schemas/types.ts';
import { EVENT_TYPES } from '../../schemas/types.ts';
import { topicOf } from '../topics.ts';
import { headerText } from '../runtime/headers.ts';
import { readTopics } from '../runtime/topic-reader.ts';
import { attach } from './attach.ts';
import { table } from './table.ts';

/** Every event of one order as it stands in Kafka, with where it stands and how long after the one before. Personal data stays sealed. */
export async function printOrder(orderId: string, options: { json?: boolean }): Promise<void> {
  const { kafka, codec } = await attach();
  const found: { event: AnyOrderEvent; at: string; source: string }[] = [];
  await readTopics(kafka, EVENT_TYPES.map(topicOf), async ({ topic, partition, offset, key, value, headers }) => {
    if (key?.toString() !== orderId || !value) return;
    const { record } = await codec.decode(value);
    found.push({ event: record as AnyOrderEvent, at: `${topic}/${partition}@${offset}`, source: headerText(headers, 'ce_source') ?? '' });
  });
  if (found.length === 0) throw new Error(`no event of order ${orderId} is in Kafka`);
  found.sort((one, other) => one.event.version - other.event.version);
  if (options.json) return console.log(JSON.stringify(found.map(({ event, at }) => ({ at, ...event }))));
  let before = found[0]?.event.occurredAt ?? 0;
  const rows = found.map(({ event, at, source }) => {
    const gap = event.occurredAt - before;
    before = event.occurredAt;
    return { version: event.version, event: event.type, status: event.status, occurredAt: new Date(event.occurredAt).toISOString(), afterMs: gap, by: source, at };
  });
  console.log(table(rows));
}

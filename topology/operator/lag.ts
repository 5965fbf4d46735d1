import { orderFlow } from '../order-flow.ts';
import { CHAINED_TO, headerText } from '../runtime/headers.ts';
import type { Kafka } from '../runtime/kafka.ts';
import { committedOffsets, endOffsets, type Range, readRanges } from '../runtime/topic-reader.ts';
import { EVENT_TOPICS, groupOf, inputsOf, SINKS } from '../topics.ts';
import { attach } from './attach.ts';
import { table } from './table.ts';

/** Beyond this many offsets the distance itself is told: it then includes commit markers and records passed over. */
const COUNT_UP_TO = 20_000n;
/** Of what is too much to count only the beginning is read, for its age. */
const LOOK_AT = 500n;

export interface EdgeLag {
  reader: string;
  topic: string;
  messages: number;
  /** Age of the oldest message not read yet. */
  seconds: number;
}

export interface Reader {
  reader: string;
  topics: readonly string[];
}

/** What each reader has still to read, per topic. Commit markers and records handed on in memory do not count. */
export async function measureLag(kafka: Kafka, readers: readonly Reader[] = allReaders(), now = Date.now()): Promise<EdgeLag[]> {
  const topics = [...new Set(readers.flatMap((reader) => reader.topics))];
  const ends = await endOffsets(kafka, topics);
  const lags: EdgeLag[] = [];
  for (const { reader, topics: read } of readers) {
    const committed = await committedOffsets(kafka, groupOf(reader), read);
    const edges = new Map(read.map((topic) => [topic, { reader, topic, messages: 0, seconds: 0 }]));
    const open = read.flatMap((topic) => [...(ends.get(topic) ?? [])].map(([partition, to]): Range => ({ topic, partition, from: committed.get(topic)?.get(partition) ?? 0n, to })));
    const long = open.filter(isLong);
    const uncounted = new Set(long.map(({ topic, partition }) => `${topic}/${partition}`));
    for (const { topic, from, to } of long) (edges.get(topic) as EdgeLag).messages += Number(to - from);
    await readRanges(kafka, open.map((range) => (isLong(range) ? { ...range, to: range.from + LOOK_AT } : range)), ({ topic, partition, headers, timestamp }) => {
      if (headerText(headers, CHAINED_TO) === reader) return;
      const edge = edges.get(topic) as EdgeLag;
      if (!uncounted.has(`${topic}/${partition}`)) edge.messages += 1;
      edge.seconds = Math.max(edge.seconds, (now - Number(timestamp)) / 1000);
    });
    lags.push(...edges.values());
  }
  return lags;
}

const isLong = ({ from, to }: Range): boolean => to - from > COUNT_UP_TO;

function allReaders(): Reader[] {
  const sinks = SINKS.map((reader) => ({ reader, topics: EVENT_TOPICS }));
  return [...orderFlow.nodes.map((node) => ({ reader: node.name, topics: inputsOf(node) })), ...sinks];
}

/** JSON has a row for every reader and topic; the table one a reader, and more where something waits on several of its topics. */
export async function printLag(options: { json?: boolean }): Promise<void> {
  const { kafka } = await attach();
  const lags = await measureLag(kafka);
  if (options.json) return console.log(JSON.stringify(lags));
  const rows = [...Map.groupBy(lags, ({ reader }) => reader)].flatMap(([reader, edges]) => {
    const waiting = edges.filter(({ messages }) => messages > 0);
    return waiting.length > 0 ? waiting : [{ reader, topic: edges.length === 1 ? (edges[0]?.topic ?? '') : `all ${edges.length} topics`, messages: 0, seconds: 0 }];
  });
  console.log(table(rows.map((lag) => ({ ...lag, seconds: Math.round(lag.seconds * 10) / 10 }))));
}

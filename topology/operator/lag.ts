import { orderFlow } from '../order-flow.ts';
import { EVENT_TYPES } from '../../schemas/types.ts';
import { groupOf, inputsOf, topicOf } from '../topics.ts';
import { headerText, CHAINED_TO } from '../runtime/headers.ts';
import type { Kafka } from '../runtime/kafka.ts';
import { SINKS } from '../runtime/sinks.ts';
import { committedOffsets, endOffsets, readRanges } from '../runtime/topic-reader.ts';
import { attach } from './attach.ts';
import { table } from './table.ts';

/** Beyond this many offsets the distance itself is told: it then includes commit markers and records passed over. */
const COUNT_UP_TO = 20_000n;

export interface EdgeLag {
  reader: string;
  topic: string;
  messages: number;
  /** Age of the oldest message not read yet. */
  seconds: number;
}

/** What each reader has still to read, per topic. Commit markers and records handed on in memory do not count. */
export async function measureLag(kafka: Kafka, readers = allReaders(), now = Date.now()): Promise<EdgeLag[]> {
  const lags: EdgeLag[] = [];
  for (const { reader, topics } of readers) {
    const [ends, committed] = [await endOffsets(kafka, topics), await committedOffsets(kafka, groupOf(reader), topics)];
    for (const topic of topics) {
      const edge = { reader, topic, messages: 0, seconds: 0 };
      const open = [...(ends.get(topic) ?? new Map<number, bigint>())].flatMap(([partition, to]) => {
        const from = committed.get(topic)?.get(partition) ?? 0n;
        return to > from ? [{ topic, partition, from, to }] : [];
      });
      const countable = open.filter(({ from, to }) => to - from <= COUNT_UP_TO);
      for (const { from, to } of open) if (to - from > COUNT_UP_TO) edge.messages += Number(to - from);
      await readRanges(kafka, countable, ({ headers, timestamp }) => {
        if (headerText(headers, CHAINED_TO) === reader) return;
        edge.messages += 1;
        edge.seconds = Math.max(edge.seconds, (now - Number(timestamp)) / 1000);
      });
      lags.push(edge);
    }
  }
  return lags;
}

function allReaders(): { reader: string; topics: string[] }[] {
  const sinks = SINKS.map((reader) => ({ reader, topics: EVENT_TYPES.map(topicOf) }));
  return [...orderFlow.nodes.map((node) => ({ reader: node.name, topics: inputsOf(node) })), ...sinks];
}

export async function printLag(options: { json?: boolean }): Promise<void> {
  const { kafka } = await attach();
  const lags = await measureLag(kafka);
  if (options.json) console.log(JSON.stringify(lags));
  else console.log(table(lags.map((lag) => ({ ...lag, seconds: Math.round(lag.seconds * 10) / 10 }))));
}

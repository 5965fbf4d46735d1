import type { Codec, DecodedRecord } from '../../../schemas/codec.ts';
import { Undecodable } from '../../../schemas/codec.ts';
import { orderFlow } from '../../order-flow.ts';
import { COMMANDS_TOPIC, EVENT_TOPICS, topicsOf } from '../../topics.ts';
import type { Kafka } from '../../runtime/kafka.ts';
import { firstOffsets, type Offsets, readTopics } from '../../runtime/topic-reader.ts';
import { LogFold } from './log-fold.ts';
import type { CutOff } from './retention.ts';

const DEAD_LETTER_TOPIC = /^dlq\.(.+)\.v\d+$/;

export interface ReadLog extends Pick<LogFold, 'placed' | 'orders' | 'deadLetters'> {
  cut: CutOff;
}

/** Folds everything on the public topics and the dead letters. Records that cannot be read are the dead letters' business. */
export async function readLog(kafka: Kafka, codec: Codec): Promise<ReadLog> {
  const fold = new LogFold();
  const topics = [COMMANDS_TOPIC, ...EVENT_TOPICS];
  const oldest = new Map<number, number>();
  await readTopics(kafka, topics, ({ topic, partition, offset, value, timestamp }) => {
    if (topic === COMMANDS_TOPIC && !oldest.has(partition)) oldest.set(partition, Number(timestamp));
    const decoded = readable(codec, value);
    if (decoded instanceof Promise) return decoded.then((record) => void (record && fold.add(topic, partition, offset, record)));
    if (decoded) fold.add(topic, partition, offset, decoded);
  });
  const deadLetterTopics = topicsOf(orderFlow).filter(({ visibility }) => visibility === 'dead-letter').map(({ name }) => name);
  await readTopics(kafka, deadLetterTopics, async ({ topic, key, value }) => {
    fold.addDeadLetter(DEAD_LETTER_TOPIC.exec(topic)?.[1] ?? topic, key?.toString() ?? '', await readable(codec, value));
  });
  // Asked for last: what retention takes while the topics are read is then counted as gone.
  const first = await firstOffsets(kafka, topics);
  return { ...fold.evidence(), cut: { first, commandsSince: commandsSince(first, oldest) } };
}

function commandsSince(first: Offsets, oldest: ReadonlyMap<number, number>): Map<number, number> {
  const cut = [...(first.get(COMMANDS_TOPIC) ?? [])].filter(([, offset]) => offset > 0n);
  return new Map(cut.map(([partition]) => [partition, oldest.get(partition) ?? Number.POSITIVE_INFINITY]));
}

/** Null for what is no record of ours. Throws where the registry does not answer. */
function readable(codec: Codec, value: Buffer | null): DecodedRecord | null | Promise<DecodedRecord | null> {
  if (!value) return null;
  try {
    const decoded = codec.decode(value);
    return decoded instanceof Promise ? decoded.catch(nullIfUndecodable) : decoded;
  } catch (error) {
    return nullIfUndecodable(error);
  }
}

function nullIfUndecodable(error: unknown): null {
  if (error instanceof Undecodable) return null;
  throw error;
}

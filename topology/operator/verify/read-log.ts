import type { Codec, DecodedRecord } from '../../../schemas/codec.ts';
import { Undecodable } from '../../../schemas/codec.ts';
import { EVENT_TYPES } from '../../../schemas/types.ts';
import { orderFlow } from '../../order-flow.ts';
import { COMMANDS_TOPIC, topicOf, topicsOf } from '../../topics.ts';
import type { Kafka } from '../../runtime/kafka.ts';
import { readTopics } from '../../runtime/topic-reader.ts';
import type { Evidence } from './evidence.ts';
import { LogFold } from './log-fold.ts';

const DEAD_LETTER_TOPIC = /^dlq\.(.+)\.v\d+$/;

/** Folds everything on the public topics and the dead letters. Records that cannot be read are the dead letters' business. */
export async function readLog(kafka: Kafka, codec: Codec): Promise<Pick<Evidence, 'placed' | 'orders' | 'deadLetters'>> {
  const fold = new LogFold();
  await readTopics(kafka, [COMMANDS_TOPIC, ...EVENT_TYPES.map(topicOf)], ({ topic, partition, offset, value }) => {
    const decoded = readable(codec, value);
    if (decoded instanceof Promise) return decoded.then((record) => void (record && fold.add(topic, partition, offset, record)));
    if (decoded) fold.add(topic, partition, offset, decoded);
  });
  const deadLetterTopics = topicsOf(orderFlow).filter(({ visibility }) => visibility === 'dead-letter').map(({ name }) => name);
  await readTopics(kafka, deadLetterTopics, async ({ topic, key, value }) => {
    fold.addDeadLetter(DEAD_LETTER_TOPIC.exec(topic)?.[1] ?? topic, key?.toString() ?? '', await readable(codec, value));
  });
  return fold.evidence();
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

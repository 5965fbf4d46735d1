import { EVENT_TYPES } from '../schemas/types.ts';
import { AT_REST, transitionOf } from '../topology/order-states.ts';
import type { Kafka } from '../topology/runtime/kafka.ts';
import { type Tail, tail } from '../topology/runtime/topic-reader.ts';
import { topicOf } from '../topology/topics.ts';
import type { TailRecord } from './live.ts';

/** Callers wait for these. */
const ENDS = EVENT_TYPES.filter((type) => {
  const { to } = transitionOf(type);
  return to !== 'same' && AT_REST.has(to);
});
const STEPS = EVENT_TYPES.filter((type) => !ENDS.includes(type));

const ENDS_GATHER_MS = 20;
/** Streams show them, and nobody waits for one: a fetch of all these topics for every transaction would cost the broker more than the orders do. */
const STEPS_GATHER_MS = 200;

/**
 * Reads all event topics from now on: those in which orders come to rest at once, the steps on the way some 200 ms later. `ended` rejects when
 * either reader ends by a fault.
 */
export async function tailEvents(kafka: Kafka, onRecord: (record: TailRecord) => void): Promise<Tail> {
  const [ends, steps] = await Promise.all([
    tail(kafka, ENDS.map(topicOf), onRecord, { fromNow: true, gatherMs: ENDS_GATHER_MS }),
    tail(kafka, STEPS.map(topicOf), onRecord, { fromNow: true, gatherMs: STEPS_GATHER_MS }),
  ]);
  return {
    ended: Promise.all([ends.ended, steps.ended]).then(() => undefined),
    stop: async () => void (await Promise.all([ends.stop(), steps.stop()])),
  };
}

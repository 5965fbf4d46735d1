import { orderFlow } from '../../topology/order-flow.ts';
import { headerText } from '../../topology/runtime/headers.ts';
import type { Kafka } from '../../topology/runtime/kafka.ts';
import { endOffsets, type Offsets, type OnRecord, rangesBetween, readRanges } from '../../topology/runtime/topic-reader.ts';
import { COMMANDS_TOPIC, topicsOf } from '../../topology/topics.ts';
import type { Letters } from './invariants.ts';
import { afterlife, type PlannedPoison } from './workload.ts';

const DEAD_LETTER_TOPICS = topicsOf(orderFlow).filter(({ visibility }) => visibility === 'dead-letter').map(({ name }) => name);

/** Finds poison on the commands topic and dead letters in theirs; each time it reads on where it stopped, since a long run has many records. */
export class LetterReader {
  readonly #kafka: Kafka;
  readonly #poisoned: string[] = [];
  readonly #buried: Letters['buried'] = [];
  #read: Offsets | null = null;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** Everything so far. `poison`: what the load has put in so far, by key; to be called when it puts in no more. */
  async read(poison: ReadonlyMap<string, PlannedPoison>): Promise<Pick<Letters, 'poisoned' | 'buried'>> {
    const isDoomed = (key: string): boolean => {
      const known = poison.get(key);
      return known !== undefined && afterlife[known.poison] === 'dead-letter';
    };
    const ends = await endOffsets(this.#kafka, [COMMANDS_TOPIC, ...DEAD_LETTER_TOPICS]);
    const take: OnRecord = ({ topic, partition, offset, key, headers }) => {
      if (topic !== COMMANDS_TOPIC) {
        const from = ['x-orig-topic', 'x-orig-partition', 'x-orig-offset'].map((name) => headerText(headers, name) ?? '?');
        this.#buried.push({ node: topic, from: `${from[0]}/${from[1]}@${from[2]}` });
      } else if (isDoomed(String(key))) this.#poisoned.push(`${topic}/${partition}@${offset}`);
    };
    await readRanges(this.#kafka, rangesBetween(this.#read, ends), take);
    this.#read = ends;
    return { poisoned: this.#poisoned, buried: this.#buried };
  }
}

import { CHANGELOG_TOPIC, COMMANDS_TOPIC } from '../topics.ts';
import { type Kafka, withAdmin } from './kafka.ts';
import { endOffsets, type OnRecord, rangesBetween, readRanges } from './topic-reader.ts';

/** What Redis is rebuilt from. */
export interface Changelog {
  /** Whether any transaction may be open that will write to it: not where nothing was ever asked of the pipeline. */
  mayGrow(): Promise<boolean>;
  /** Hands over all committed records up to the end as it is once `settled` resolves; those that are there before come meanwhile. */
  read(onRecord: (key: string, value: Buffer | null) => void | Promise<void>, settled: Promise<void>): Promise<void>;
}

export function kafkaChangelog(kafka: Kafka): Changelog {
  return {
    // Not of the changelog itself, which the very first transaction has yet to write to.
    mayGrow: () =>
      withAdmin(kafka, async (admin) => {
        const offsets = await admin.fetchTopicOffsets(COMMANDS_TOPIC);
        return offsets.some(({ high }) => BigInt(high) > 0n);
      }),
    async read(onRecord, settled) {
      const hand: OnRecord = ({ key, value }) => onRecord(String(key), value);
      const before = await endOffsets(kafka, [CHANGELOG_TOPIC]);
      await readRanges(kafka, rangesBetween(null, before), hand);
      await settled;
      await readRanges(kafka, rangesBetween(before, await endOffsets(kafka, [CHANGELOG_TOPIC])), hand);
    },
  };
}

import { CHANGELOG_TOPIC } from '../topics.ts';
import { type FencedSessions, fenceSessions } from './fence-sessions.ts';
import type { Kafka } from './kafka.ts';
import { endOffsets, type OnRecord, rangesBetween, readRanges } from './topic-reader.ts';

/** What Redis is rebuilt from. */
export interface Changelog {
  /**
   * Hands over all records that were committed, or will be, by sessions that have worked with what Redis held before. Those that are there
   * from the start come while such sessions are kept from committing more.
   */
  read(onRecord: (key: string, value: Buffer | null) => void | Promise<void>): Promise<void>;
}

export function kafkaChangelog(kafka: Kafka, sessions: FencedSessions): Changelog {
  return {
    async read(onRecord) {
      const hand: OnRecord = ({ key, value }) => onRecord(String(key), value);
      const before = await endOffsets(kafka, [CHANGELOG_TOPIC]);
      await Promise.all([readRanges(kafka, rangesBetween(null, before), hand), fenceSessions(kafka, sessions)]);
      await readRanges(kafka, rangesBetween(before, await endOffsets(kafka, [CHANGELOG_TOPIC])), hand);
    },
  };
}

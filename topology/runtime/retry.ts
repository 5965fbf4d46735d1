import { retryTopicOf } from '../topics.ts';
import { TransientFault } from '../../connectors/ports/transient-fault.ts';
import { originHeaders, passedOn, type OutgoingRecord, type RawRecord } from './dead-letter.ts';
import { codeOf } from './errors.ts';
import { headerText } from './headers.ts';

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
/** A company may ask for more, but not hold up everyone behind the record for as long as it likes. */
const LONGEST_ASKED_MS = 300_000;

export const attemptsOf = (record: RawRecord): number => Number(headerText(record.headers, 'x-attempts') ?? 0);

/** When a record that was put off may be tried again, ms; 0 for any other record. */
export const dueAtOf = (record: RawRecord): number => Number(headerText(record.headers, 'x-retry-at') ?? 0);

/** Wait before try number `attempts` + 1: 1 s, 2 s, 4 s … 30 s, or longer, up to 5 min, where the other side asked for it. No number of tries is the last. */
export function delayAfter(attempts: number, error: unknown): number {
  const asked = error instanceof TransientFault ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(Math.min(LONGEST_ASKED_MS, asked), Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1)));
}

/** The record as it goes to its node's retry topic: it leaves the partition free for the records behind it. */
export function putOff(node: string, record: RawRecord, error: unknown, now: number): OutgoingRecord {
  const attempts = attemptsOf(record) + 1;
  return {
    topic: retryTopicOf(node),
    key: record.key,
    value: record.value,
    partition: record.partition,
    headers: {
      ...passedOn(record),
      ...originHeaders(record),
      'x-attempts': String(attempts),
      'x-first-failed-at': headerText(record.headers, 'x-first-failed-at') ?? new Date(now).toISOString(),
      'x-error-code': codeOf(error),
      'x-retry-at': String(now + delayAfter(attempts, error)),
    },
  };
}

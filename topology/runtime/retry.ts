import { retryTopicOf } from '../topics.ts';
import { TransientFault } from '../../connectors/ports/transient-fault.ts';
import { originHeaders, passedOn, type OutgoingRecord, type RawRecord } from './dead-letter.ts';
import { codeOf } from './errors.ts';
import { headerText } from './headers.ts';

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
/** Between the moment a record is put off and the timestamp it gets when it is written. */
const TOLERANCE_MS = 60_000;
/** However long the other side asks to be left alone: it is asked again then, and may ask for more. */
const LONGEST_ASKED_DELAY_MS = 300_000;

/** Tries so far; 0 where the header is none that `putOff` wrote. */
export function attemptsOf(record: RawRecord): number {
  const attempts = Number(headerText(record.headers, 'x-attempts') ?? 0);
  return Number.isSafeInteger(attempts) && attempts >= 0 ? attempts : 0;
}

/**
 * How long a record that was put off still has to wait, ms; 0 for one that is due, and for any other record. `metForMs`: how long ago this
 * process met it first, by a clock that nobody sets. A record never waits longer than it was put off for, also where the wall clock went
 * back meanwhile; a time that no `putOff` gives is none.
 */
export function stillToWaitMs(record: RawRecord, now: number, metForMs: number): number {
  const dueAt = Number(headerText(record.headers, 'x-retry-at') ?? 0);
  const putOffForMs = dueAt - Number(record.timestamp);
  if (!(putOffForMs > 0 && putOffForMs <= LONGEST_ASKED_DELAY_MS + TOLERANCE_MS)) return 0;
  return Math.max(0, Math.min(dueAt - now, putOffForMs - metForMs));
}

/** Wait before try number `attempts` + 1: 1 s, 2 s, 4 s … 30 s, or longer, up to 5 min, where the other side asked for it. No number of tries is the last. */
export function delayAfter(attempts: number, error: unknown): number {
  const asked = error instanceof TransientFault ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(Math.min(LONGEST_ASKED_DELAY_MS, asked), Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1)));
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

import { createHash } from 'node:crypto';
import type { AuditEntry } from '../../../schemas/types.ts';

/** An entry as an operator's command states it; place, time and hashes are the chain's to fill in. */
export type Deed = Omit<AuditEntry, 'sequence' | 'at' | 'previousHash' | 'hash'>;

const GENESIS = '0'.repeat(64);

/** What stands on the audit topic at one offset: an entry, or why it is none. */
export type AuditRecord = AuditEntry | { unreadable: string };

/** SHA-256 of the bytes, hex; empty for none. */
export const hashOf = (value: Buffer | null): string => (value ? createHash('sha256').update(value).digest('hex') : '');

/** The entries that follow `last` (null: the first of all) for these deeds, each bound to the one before. */
export function chained(last: Pick<AuditEntry, 'sequence' | 'hash'> | null, deeds: readonly Deed[], at: number): AuditEntry[] {
  let { sequence, hash } = last ?? { sequence: 0, hash: GENESIS };
  return deeds.map((deed) => {
    const open = { ...deed, sequence: sequence + 1, at, previousHash: hash };
    const entry = { ...open, hash: sealOf(open) };
    ({ sequence, hash } = entry);
    return entry;
  });
}

function sealOf(entry: Omit<AuditEntry, 'hash'>): string {
  const { sequence, at, actor, action, subject, orderId, reason, destination, beforeHash, afterHash, previousHash } = entry;
  const fields = [sequence, at, actor, action, subject, orderId, reason, destination, beforeHash, afterHash, previousHash];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/**
 * Names every entry that was changed, left out or put in, given all records in the order of their offsets. Only what was cut off at the very
 * end leaves no gap.
 */
export function* chainFaults(records: readonly AuditRecord[]): Iterable<string> {
  let before: { sequence: number; hash: string } | null = { sequence: 0, hash: GENESIS };
  let due = 1;
  for (const record of records) {
    if ('unreadable' in record) {
      yield `audit entry ${due} cannot be read (${record.unreadable})`;
      before = null;
      due += 1;
      continue;
    }
    for (let missing = due; missing < record.sequence; missing += 1) yield `audit entry ${missing} is missing`;
    if (record.sequence < due) yield `audit entry ${record.sequence} (${record.action} ${record.subject}) stands where entry ${due} belongs`;
    if (record.sequence > due) before = null;
    const { hash, ...open } = record;
    const altered = sealOf(open) !== hash;
    if (altered) yield `audit entry ${record.sequence} (${record.action} ${record.subject}) was altered`;
    else if (before && record.sequence === due && record.previousHash !== before.hash) yield `audit entry ${due} does not follow entry ${due - 1}, which was replaced`;
    before = { sequence: record.sequence, hash };
    due = Math.max(due, record.sequence) + (record.sequence < due ? 0 : 1);
  }
}

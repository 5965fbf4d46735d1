import type { AuditEntry } from '../../../schemas/types.ts';
import { type OutgoingRecord, passedOn } from '../../runtime/dead-letter.ts';
import { actorOf } from '../actor.ts';
import { attach, type Attached } from '../attach.ts';
import { type Deed, hashOf } from '../audit/audit-chain.ts';
import { readAudit, transact } from '../audit/audit-log.ts';
import { BadInput } from '../bad-input.ts';
import { table, wrap } from '../table.ts';
import { destinationOf, originKept } from './destination.ts';
import { type DeadLetter, readDeadLetters } from './letter.ts';
import { prospectOf } from './prospect.ts';
import { type Filter, selectionOf, type Selection } from './selection.ts';
import { withState } from './show.ts';

export interface DeedOptions {
  as?: string;
  reason?: string;
}

export interface ReplayOptions extends Filter, DeedOptions {
  dryRun?: boolean;
  /** Also letters that were handled before. */
  again?: boolean;
}

/**
 * Gives dead letters to their node once more, under their own keys and ids: what was processed meanwhile changes nothing. Equal letters,
 * which a replay that fails again leaves behind, are published once. Records and their audit entries are one transaction.
 */
export async function replayDeadLetters(names: readonly string[], { as, reason = '', dryRun, again, ...filter }: ReplayOptions): Promise<void> {
  const actor = actorOf(as);
  const selection = selectionOf(names, { ...filter, ...(again ? { all: true } : {}) }, Date.now());
  const attached = await attach(dryRun ? ['redis'] : []);
  if (dryRun) return console.log(await rehearsal(attached, selection));
  const { config, kafka, codec } = attached;
  let equal = 0;
  const entries = await transact({ kafka, codec, environment: config.environment }, async (done) => {
    const letters = selection.pick(await readDeadLetters(kafka, selection.nodes, done));
    if (!again) requireOpen(letters);
    const published = new Set<string>();
    const records = letters.flatMap((letter) => {
      const record = recordOf(letter);
      return published.has(contentOf(letter)) ? [] : (published.add(contentOf(letter)), [record]);
    });
    equal = letters.length - records.length;
    return { records, deeds: letters.map((letter) => deedOn(letter, 'replayed', { actor, reason, destination: destinationOf(letter), after: letter.record.value })) };
  });
  console.log(summaryOf(entries, equal));
}

export function requireOpen(letters: readonly DeadLetter[]): void {
  const closed = letters.find(({ handled }) => handled !== null);
  if (!closed) return;
  const { action, actor, at } = closed.handled as AuditEntry;
  throw new BadInput(`${closed.id} was ${action} by ${actor} at ${new Date(at).toISOString()}; \`iaros dlq replay --again ${closed.id}\` does so once more`);
}

export function deedOn(letter: DeadLetter, action: string, { actor, reason, destination, after }: { actor: string; reason: string; destination: string; after: Buffer | null }): Deed {
  return {
    actor, action, subject: letter.id, orderId: letter.orderId, reason, destination, beforeHash: hashOf(letter.record.value), afterHash: hashOf(after),
  };
}

const contentOf = (letter: DeadLetter): string => `${destinationOf(letter)}|${letter.record.key?.toString('base64')}|${hashOf(letter.record.value)}`;

function recordOf(letter: DeadLetter): OutgoingRecord {
  const { record, id } = letter;
  const topic = destinationOf(letter);
  return { topic, key: record.key, value: record.value, headers: { ...passedOn(record), ...originKept(letter, topic), 'x-replayed-from': id } };
}

function summaryOf(entries: readonly AuditEntry[], equal: number): string {
  if (entries.length === 0) return 'no dead letters';
  const published = entries.length - equal;
  const repeats = equal > 0 ? ` (${equal} more were repeats of them)` : '';
  return `${published} dead letter${published === 1 ? '' : 's'} replayed${repeats}`;
}

const WHY_WIDTH = 50;

async function rehearsal(attached: Attached, selection: Selection): Promise<string> {
  const { kafka, codec } = attached;
  const letters = selection.pick(await readDeadLetters(kafka, selection.nodes, await readAudit(kafka, codec)));
  if (letters.length === 0) return 'no dead letters';
  return withState(attached, async (state) => {
    const rows = [];
    for (const letter of letters) {
      const { topic, effect, why } = await prospectOf(letter, { codec, state, now: Date.now() });
      rows.push({ id: letter.id, topic: topic ?? '-', effect, why: wrap(why, WHY_WIDTH) });
    }
    return table(rows);
  });
}

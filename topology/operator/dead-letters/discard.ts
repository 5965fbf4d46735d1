import { actorOf } from '../actor.ts';
import { attach } from '../attach.ts';
import { transact } from '../audit/audit-log.ts';
import { BadInput } from '../bad-input.ts';
import { readDeadLetters } from './letter.ts';
import { deedOn, type DeedOptions, requireOpen } from './replay.ts';
import { type Filter, selectionOf } from './selection.ts';

/** Closes letters that nobody will process; they stay on their topic, and the reason in the audit log. Throws BadInput without a reason. */
export async function discardDeadLetters(names: readonly string[], { as, reason, ...filter }: Filter & DeedOptions): Promise<void> {
  if (!reason?.trim()) throw new BadInput('say why: --reason "..."');
  const actor = actorOf(as);
  const selection = selectionOf(names, filter, Date.now());
  const { config, kafka, codec } = await attach();
  const entries = await transact({ kafka, codec, environment: config.environment }, async (done) => {
    const letters = selection.pick(await readDeadLetters(kafka, selection.nodes, done));
    requireOpen(letters);
    return { records: [], deeds: letters.map((letter) => deedOn(letter, 'discarded', { actor, reason: reason.trim(), destination: '', after: null })) };
  });
  console.log(entries.length === 0 ? 'no dead letters' : `${entries.length} dead letter${entries.length === 1 ? '' : 's'} discarded`);
}

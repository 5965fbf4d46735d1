import type { AuditEntry } from '../../../schemas/types.ts';
import { attach } from '../attach.ts';
import { sinceOf } from '../since.ts';
import { table } from '../table.ts';
import { readAudit } from './audit-log.ts';

/** Prints what operators did to dead letters, newest last. */
export async function printAudit(options: { since?: string; json?: boolean }): Promise<void> {
  const since = sinceOf(options.since, Date.now());
  const { kafka, codec } = await attach();
  const entries = (await readAudit(kafka, codec)).filter(({ at }) => at >= since);
  if (options.json) return console.log(JSON.stringify(entries));
  console.log(entries.length === 0 ? 'nothing was done' : table(entries.map(row)));
}

const row = ({ sequence, at, actor, action, subject, orderId, reason }: AuditEntry): Record<string, string | number> => ({
  no: sequence, 'time (UTC)': new Date(at).toISOString().slice(0, 19).replace('T', ' '), actor, action, letter: subject, order: orderId ?? '-', reason: reason || '-',
});

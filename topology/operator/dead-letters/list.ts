import { attach } from '../attach.ts';
import { readAudit } from '../audit/audit-log.ts';
import { table, wrap } from '../table.ts';
import { type DeadLetter, factsOf, nodesNamed, readDeadLetters } from './letter.ts';
import { type Filter, filterOf } from './selection.ts';

const TEXT_WIDTH = 112;

/** Prints what could not be processed, newest last: where it came from and why, never what is in it. Handled letters only with `all`. */
export async function listDeadLetters(filter: Filter, options: { json?: boolean; counts?: boolean }): Promise<void> {
  const matches = filterOf(filter, Date.now());
  const nodes = nodesNamed(filter.node);
  const { kafka, codec } = await attach();
  const letters = (await readDeadLetters(kafka, nodes, await readAudit(kafka, codec))).filter(matches);
  const counts = countsOf(letters);
  if (options.json) return console.log(JSON.stringify(options.counts ? counts : letters.map(factsOf)));
  if (letters.length === 0) return console.log(filter.node ? `no dead letters of ${filter.node}` : 'no dead letters');
  console.log(options.counts ? table(counts) : `${listing(letters)}\n\n${table(counts)}`);
}

/** How many there are of each node and code, most first. */
export function countsOf(letters: readonly DeadLetter[]): { node: string; code: string; letters: number }[] {
  return [...Map.groupBy(letters, ({ node, code }) => `${node} ${code}`).values()]
    .map((same) => ({ node: same[0]?.node ?? '', code: same[0]?.code ?? '', letters: same.length }))
    .sort((one, other) => other.letters - one.letters);
}

function listing(letters: readonly DeadLetter[]): string {
  const rows = table(letters.map(({ id, code, orderId, attempts, firstFailedAt }) => ({ id, code, order: orderId ?? '-', attempts, 'first failed (UTC)': minuteOf(firstFailedAt) }))).split('\n');
  const lines = letters.flatMap((letter, at) => [rows[at + 1] ?? '', ...notesOn(letter).map((line) => `    ${line}`)]);
  return [rows[0], ...lines].join('\n');
}

function notesOn({ from, message, handled }: DeadLetter): string[] {
  const text = message ? wrap(message, TEXT_WIDTH).split('\n') : [];
  const end = handled ? [wrap(`${handled.action} by ${handled.actor}${handled.reason ? `: ${handled.reason}` : ''}`, TEXT_WIDTH)] : [];
  return [`from ${from}`, ...text, ...end];
}

const minuteOf = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

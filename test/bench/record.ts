import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceBlocks } from '../../topology/derive/markdown.ts';
import { type Machine, thisMachine } from '../machine.ts';
import type { Evenness } from './evenness.ts';
import { RESULTS, SOURCE_OF } from './results/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'docs/measured');
/** Pages with blocks between `<!-- measured:NAME -->` and `<!-- /measured:NAME -->`. */
const PAGES = ['README.md', 'docs/performance.md', 'docs/scale.md', 'docs/availability.md'];

/** A result as docs/measured keeps it. */
interface Recorded {
  /** Day, UTC. */
  measuredOn: string;
  machine: Machine;
  /** Of the machine, before it had anything to do; missing where it was not measured yet. */
  evenness?: Evenness;
  result: never;
}

/** Keeps a result under docs/measured, one for each model of machine, and brings the pages that tell of it up to date. */
export function record(name: string, result: unknown, evenness: Evenness): void {
  mkdirSync(FOLDER, { recursive: true });
  const machine = thisMachine();
  const recorded = { measuredOn: new Date().toISOString().slice(0, 10), machine, evenness, result };
  writeFileSync(join(FOLDER, `${name}.${slug(machine.model)}.json`), `${JSON.stringify(recorded, null, 2)}\n`);
  for (const [page, text] of Object.entries(measuredPages())) writeFileSync(join(ROOT, page), text);
}

/** The pages with every block as what is recorded says. */
export function measuredPages(): Record<string, string> {
  const blocks: Record<string, string> = { ...unrecorded() };
  for (const name of Object.keys(RESULTS)) {
    const told = recordsOf(name).map((record) => blocksOf(name, record));
    for (const block of Object.keys(told[0] ?? {})) blocks[block] = told.map((texts) => texts[block]).join('\n\n');
  }
  return Object.fromEntries(PAGES.map((page) => [page, replaceBlocks(readFileSync(join(ROOT, page), 'utf8'), blocks, 'measured')]));
}

const unrecorded = (): Record<string, string> =>
  Object.fromEntries(Object.entries(SOURCE_OF).map(([block, name]) => [block, `No result is recorded here yet: \`npm run bench -- ${name} --write\`.`]));

/** What is recorded of one measurement, the newest first. */
function recordsOf(name: string): Recorded[] {
  const files = readdirSync(FOLDER).filter((file) => file.startsWith(`${name}.`)).sort();
  const records = files.map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Recorded);
  return records.sort((one, other) => other.measuredOn.localeCompare(one.measuredOn));
}

function blocksOf(name: string, { measuredOn, machine, evenness, result }: Recorded): Record<string, string> {
  const on = `a shared machine with ${machine.cores} cores (${machine.model}) and ${machine.memoryGb} GiB, Node ${machine.node}`;
  const origin = `Measured on ${measuredOn} with \`npm run bench -- ${name}\` on ${on}; servers, product and load on the same cores.${evenness ? ` ${evennessOf(evenness)}` : ''}`;
  const blocks = Object.entries(RESULTS[name]?.(result) ?? {});
  return Object.fromEntries(blocks.map(([block, text]) => [block, `${origin}\n\n${text}`]));
}

const evennessOf = ({ usualMs, slowest5, slowest1 }: Evenness): string =>
  `The machine itself, with nothing else to do: a piece of work of ${usualMs} ms takes ${slowest5} times as long or longer in five of a hundred tries, ${slowest1} times in one.`;

/** `Intel(R) Xeon(R) Processor` is `intel-xeon-processor`. */
const slug = (model: string): string => model.toLowerCase().replace(/\((r|tm)\)/g, '').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** Keeps a result under docs/measured, and brings the pages that tell of it up to date. */
export function record(name: string, result: unknown, evenness: Evenness): void {
  mkdirSync(FOLDER, { recursive: true });
  const recorded = { measuredOn: new Date().toISOString().slice(0, 10), machine: thisMachine(), evenness, result };
  writeFileSync(fileOf(name), `${JSON.stringify(recorded, null, 2)}\n`);
  for (const [page, text] of Object.entries(measuredPages())) writeFileSync(join(ROOT, page), text);
}

/** The pages with every block as what is recorded says. */
export function measuredPages(): Record<string, string> {
  const recorded = Object.keys(RESULTS).filter((name) => existsSync(fileOf(name)));
  const blocks = Object.assign(unrecorded(), ...recorded.map(blocksOf)) as Record<string, string>;
  return Object.fromEntries(PAGES.map((page) => [page, replaceBlocks(readFileSync(join(ROOT, page), 'utf8'), blocks, 'measured')]));
}

const unrecorded = (): Record<string, string> =>
  Object.fromEntries(Object.entries(SOURCE_OF).map(([block, name]) => [block, `No result is recorded here yet: \`npm run bench -- ${name} --write\`.`]));

function blocksOf(name: string): Record<string, string> {
  const { measuredOn, machine, evenness, result } = JSON.parse(readFileSync(fileOf(name), 'utf8')) as Recorded;
  const on = `a shared machine with ${machine.cores} cores (${machine.model}) and ${machine.memoryGb} GiB, Node ${machine.node}`;
  const origin = `Measured on ${measuredOn} with \`npm run bench -- ${name}\` on ${on}; servers, product and load on the same cores.${evenness ? ` ${evennessOf(evenness)}` : ''}`;
  const blocks = Object.entries(RESULTS[name]?.(result) ?? {});
  return Object.fromEntries(blocks.map(([block, text]) => [block, `${origin}\n\n${text}`]));
}

const evennessOf = ({ usualMs, slowest5, slowest1 }: Evenness): string =>
  `The machine itself, with nothing else to do: a piece of work of ${usualMs} ms takes ${slowest5} times as long or longer in five of a hundred tries, ${slowest1} times in one.`;

const fileOf = (name: string): string => join(FOLDER, `${name}.json`);

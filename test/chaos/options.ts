import { parseArgs } from 'node:util';
import { Random } from '../../topology/demo/random.ts';
import type { Fault, Scale } from './fault.ts';
import type { Family } from './faults.ts';

export interface SuiteOptions {
  scale: Scale;
  faults: readonly Fault[];
  /** Orders placed at least, over the whole run. */
  orders: number;
  seed: number;
  /** Orders a second while all nodes are one process; a third of them where each has its own. */
  rate: number;
  /** Whether the table goes into docs/reliability.md. */
  write: boolean;
}

/** Enough that every partition of every node has something under way, and that two cores still get through it beside starting processes. */
const RATE = { quick: 30, full: 40 } as const;
const ORDERS = { quick: 2_000, full: 100_000 } as const;

/** @throws in one sentence where an argument makes no sense. */
export function optionsOf(args: readonly string[], families: readonly Family[], now = Date.now()): SuiteOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean' }, write: { type: 'boolean' }, only: { type: 'string' }, orders: { type: 'string' }, seed: { type: 'string' }, rate: { type: 'string' } },
  });
  const scale: Scale = values.quick ? 'quick' : 'full';
  const faults = families.flatMap((family) => family.faults);
  const only = values.only?.split(',');
  const unknown = only?.filter((name) => !faults.some((fault) => fault.name === name)) ?? [];
  if (unknown.length > 0) throw new Error(`there is no fault ${unknown.join(', ')}; there are ${faults.map(({ name }) => name).join(', ')}`);
  if (values.write && (only || values.quick)) throw new Error('--write is for the full run of all faults');
  const seed = values.seed === undefined ? now % 2 ** 31 : wholeNumber('--seed', values.seed);
  const rate = values.rate === undefined ? RATE[scale] : wholeNumber('--rate', values.rate);
  if (rate === 0) throw new Error('--rate takes at least one order a second');
  return {
    scale, seed, rate,
    faults: only ? faults.filter(({ name }) => only.includes(name)) : scale === 'full' ? faults : oneOfEach(families, seed),
    orders: values.orders === undefined ? (only ? 0 : ORDERS[scale]) : wholeNumber('--orders', values.orders),
    write: values.write ?? false,
  };
}

/** Of each family one that this machine can have: which, the seed says. */
function oneOfEach(families: readonly Family[], seed: number): Fault[] {
  const random = new Random(seed);
  return families.flatMap(({ faults }) => {
    const possible = faults.filter(({ notRun }) => notRun === undefined);
    return random.pick(possible.length > 0 ? possible : faults);
  });
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} takes a whole number`);
  return value;
}

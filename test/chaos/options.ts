import { parseArgs } from 'node:util';
import type { Fault, Scale } from './fault.ts';

export interface SuiteOptions {
  scale: Scale;
  faults: readonly Fault[];
  /** Orders placed at least, over the whole run. */
  orders: number;
  seed: number;
  /** Orders a second. */
  rate: number;
  /** Whether the table goes into docs/reliability.md. */
  write: boolean;
}

/** Enough that every partition of every node has something under way, and two cores are not the bottleneck. */
const RATE = 15;
const ORDERS = { quick: 2_000, full: 20_000 } as const;

/** @throws in one sentence where an argument makes no sense. */
export function optionsOf(args: readonly string[], faults: readonly Fault[], now = Date.now()): SuiteOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean' }, write: { type: 'boolean' }, only: { type: 'string' }, orders: { type: 'string' }, seed: { type: 'string' }, rate: { type: 'string' } },
  });
  const scale: Scale = values.quick ? 'quick' : 'full';
  const only = values.only?.split(',');
  const unknown = only?.filter((name) => !faults.some((fault) => fault.name === name)) ?? [];
  if (unknown.length > 0) throw new Error(`there is no fault ${unknown.join(', ')}; there are ${faults.map(({ name }) => name).join(', ')}`);
  if (values.write && (only || values.quick)) throw new Error('--write is for the full run of all faults');
  return {
    scale,
    faults: only ? faults.filter(({ name }) => only.includes(name)) : faults.filter(({ fullOnly }) => scale === 'full' || !fullOnly),
    orders: values.orders === undefined ? (only ? 0 : ORDERS[scale]) : wholeNumber('--orders', values.orders),
    seed: values.seed === undefined ? now % 2 ** 31 : wholeNumber('--seed', values.seed),
    rate: values.rate === undefined ? RATE : wholeNumber('--rate', values.rate),
    write: values.write ?? false,
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} takes a whole number`);
  return value;
}

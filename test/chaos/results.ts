import { markdownTable } from '../../topology/derive/markdown.ts';
import type { Signs } from './fault.ts';

/** What came of one fault. */
export interface FaultResult {
  fault: string;
  title: string;
  planned: number;
  injected: number;
  /** Orders placed meanwhile. */
  orders: number;
  violations: string[];
  recoveriesMs: number[];
  signs: Signs;
  seconds: number;
}

/** The value below which so large a share of the values lies: the nearest rank; null of none. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}

const seconds = (ms: number | null): string => (ms === null ? '-' : (ms / 1_000).toFixed(1));

const HEADER = ['fault', 'injected', 'orders', 'violations', 'recovery p50, s', 'p95, s', 'max, s'];

function rowsOf(results: readonly FaultResult[]): string[][] {
  const total: Pick<FaultResult, 'title' | 'injected' | 'orders' | 'violations' | 'recoveriesMs'> = {
    title: 'all',
    injected: results.reduce((sum, { injected }) => sum + injected, 0),
    orders: results.reduce((sum, { orders }) => sum + orders, 0),
    violations: results.flatMap(({ violations }) => violations),
    recoveriesMs: results.flatMap(({ recoveriesMs }) => recoveriesMs),
  };
  return [...results, total].map(({ title, injected, orders, violations, recoveriesMs }) => [
    title, String(injected), String(orders), String(violations.length), ...[0.5, 0.95, 1].map((share) => seconds(percentile(recoveriesMs, share))),
  ]);
}

/** For the documentation. */
export const resultsMarkdown = (results: readonly FaultResult[]): string => markdownTable(HEADER, rowsOf(results));

/** For a terminal. */
export function resultsTable(results: readonly FaultResult[]): string {
  const rows = [HEADER, ...rowsOf(results)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  return rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number))).join('  ')).join('\n');
}

/** Why the fault proved nothing. */
export function* shortcomings({ planned, injected }: Pick<FaultResult, 'planned' | 'injected'>): Iterable<string> {
  if (injected < planned) yield `injected ${injected} times of ${planned} planned`;
}

/** Fewer injections than this, as in a quick run, say nothing of 95 in 100. */
const ENOUGH_FOR_P95 = 100;

/** Whether 95 in 100 of a run's injections, of all faults, were over within the bound. */
export function* slowness(recoveriesMs: readonly number[], boundMs: number): Iterable<string> {
  const p95 = percentile(recoveriesMs, 0.95);
  if (p95 !== null && recoveriesMs.length >= ENOUGH_FOR_P95 && p95 > boundMs) yield `recovery p95 of all faults is ${seconds(p95)} s, more than ${seconds(boundMs)} s`;
}

import { markdownTable } from '../../../topology/derive/markdown.ts';
import { figure } from './spread.ts';

/** What `usageDuring` answers of each process. */
export type UsageByProcess = Record<string, { cores: number; residentMb: number }>;

/** Processes of the product itself: neither servers, nor the companies outside. */
const PRODUCT: ReadonlySet<string> = new Set(['all', 'postgres-sink', 'clickhouse-sink', 'ingress']);
const NAMES: Record<string, string> = { all: 'pipeline', 'postgres-sink': 'Postgres sink', 'clickhouse-sink': 'ClickHouse sink' };

/** Cores that the product's processes take together, servers and sandbox left out. */
export const coresOfProduct = (usage: UsageByProcess): number =>
  Object.entries(usage).reduce((sum, [name, { cores }]) => sum + (PRODUCT.has(name) ? cores : 0), 0);

const coresOfAll = (usage: UsageByProcess): number => Object.values(usage).reduce((sum, { cores }) => sum + cores, 0);

/** Cores by process, a column for each of what was measured. */
export function coresTable(columns: Readonly<Record<string, UsageByProcess>>): string {
  const usages = Object.values(columns);
  const names = [...new Set(usages.flatMap((usage) => Object.keys(usage)))];
  const rows = names.map((name) => [NAMES[name] ?? name, ...usages.map((usage) => figure(usage[name]?.cores ?? 0))]);
  return markdownTable(['cores of', ...Object.keys(columns)], [...rows, ['all together', ...usages.map((usage) => figure(coresOfAll(usage)))]]);
}

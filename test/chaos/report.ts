import { readFileSync, writeFileSync } from 'node:fs';
import { replaceBlocks } from '../../topology/derive/markdown.ts';
import type { Machine } from '../machine.ts';
import type { SuiteOptions } from './options.ts';
import { type FaultResult, resultsMarkdown } from './results.ts';

const PAGE = new URL('../../docs/reliability.md', import.meta.url).pathname;

export interface RunReport {
  options: Pick<SuiteOptions, 'scale' | 'seed'>;
  machine: Machine;
  /** Ms, UTC. */
  startedAt: number;
  seconds: number;
  /** How each server was had. */
  servers: Record<string, string>;
  results: readonly FaultResult[];
}

/** The block of docs/reliability.md that a full run writes. */
export function reportMarkdown({ options, machine, startedAt, seconds, servers, results }: RunReport): string {
  const day = new Date(startedAt).toISOString().slice(0, 10);
  const versions = Object.entries(servers).map(([service, found]) => `${service} (${found})`).join(', ');
  const on = `${machine.cores} cores (${machine.model}), ${machine.memoryGb} GiB, all servers and the load included; Node ${machine.node}; ${versions}`;
  return `Run of ${day}, seed ${options.seed}, ${Math.round(seconds / 60)} minutes, on ${on}.\n\n${resultsMarkdown(results)}`;
}

/** One line for machines. */
export const reportLine = ({ options, machine, startedAt, seconds, servers, results }: RunReport): string =>
  JSON.stringify({ at: new Date(startedAt).toISOString(), scale: options.scale, seed: options.seed, machine, servers, seconds: Math.round(seconds), ok: results.every(({ violations }) => violations.length === 0), results });

export function writeReport(report: RunReport): void {
  writeFileSync(PAGE, replaceBlocks(readFileSync(PAGE, 'utf8'), { chaos: reportMarkdown(report) }));
}

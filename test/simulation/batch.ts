import type { SeedResult } from './run-seed.ts';
import { realNow } from './virtual-globals.ts';

/** What many seeds gave. */
export interface BatchResult {
  seeds: number;
  /** Seeds that broke something, with the first of what they broke. */
  broken: { seed: number; violation: string }[];
  coverage: [string, number][];
  /** Of what happened in each seed. */
  hashes: string[];
  events: number;
  elapsedMs: number;
}

export interface BatchOptions {
  from: number;
  seeds: number;
  /** End with the first seed that breaks something. */
  untilBroken: boolean;
}

/** Runs seeds one after the other in this process, whose globals are virtual already. */
export async function runBatch(runSeed: (seed: number) => Promise<SeedResult>, { from, seeds, untilBroken }: BatchOptions): Promise<BatchResult> {
  const started = realNow();
  const coverage = new Map<string, number>();
  const result: BatchResult = { seeds: 0, broken: [], coverage: [], hashes: [], events: 0, elapsedMs: 0 };
  for (let seed = from; seed < from + seeds; seed += 1) {
    const { violations, events, traceHash, coverage: seen } = await runSeed(seed);
    result.seeds += 1;
    result.events += events;
    result.hashes.push(traceHash);
    for (const [what, times] of seen) coverage.set(what, (coverage.get(what) ?? 0) + times);
    if (violations[0] === undefined) continue;
    result.broken.push({ seed, violation: violations[0] });
    if (untilBroken) break;
  }
  return { ...result, coverage: [...coverage], elapsedMs: Math.round(realNow() - started) };
}

export function merged(parts: readonly BatchResult[]): BatchResult {
  const coverage = new Map<string, number>();
  for (const part of parts) for (const [what, times] of part.coverage) coverage.set(what, (coverage.get(what) ?? 0) + times);
  const sum = (of: (part: BatchResult) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    seeds: sum(({ seeds }) => seeds), events: sum(({ events }) => events), coverage: [...coverage],
    hashes: parts.flatMap(({ hashes }) => hashes),
    broken: parts.flatMap(({ broken }) => broken).sort((one, other) => one.seed - other.seed),
    elapsedMs: Math.max(0, ...parts.map(({ elapsedMs }) => elapsedMs)),
  };
}

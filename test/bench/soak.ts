import { setTimeout as sleep } from 'node:timers/promises';
import { inEnvironment, say } from './environment.ts';
import { type Latencies, measureLatency } from './latency.ts';
import { happyBodies } from './order-bodies.ts';
import { usageOf } from './process-usage.ts';
import type { SoakResult } from './results/soak.ts';

const RATE = Number(process.env.BENCH_SOAK_RATE ?? 200);
const MINUTES = Number(process.env.BENCH_SOAK_MINUTES ?? 30);
const SAMPLE_EVERY_MS = 15_000;
/** Caches fill and machines compile at first: what grows after this share of the time goes on growing. */
const SETTLED_AFTER = 0.4;

interface Sample {
  /** Minutes since the start. */
  at: number;
  /** MB by process. */
  memory: Record<string, number>;
}

/** The whole installation under a steady load for a long time: latency over all of it, and how the memory of each process grows. */
export function measure(): Promise<SoakResult> {
  return inEnvironment({}, async ({ installation, pids }) => {
    const bodies = happyBodies();
    await measureLatency(installation.url, bodies, RATE / 4, 10);
    const samples: Sample[] = [];
    const started = performance.now();
    const over = new AbortController();
    const sampling = sampleInto(samples, pids, started, over.signal);
    const latency = await measureLatency(installation.url, bodies, RATE, MINUTES * 60);
    over.abort();
    await sampling;
    const settled = samples.filter(({ at }) => at >= MINUTES * SETTLED_AFTER);
    const names = Object.keys(samples.at(-1)?.memory ?? {});
    const memory = Object.fromEntries(names.map((name) => {
      const points = settled.map(({ at, memory: of }) => ({ x: at / 60, y: of[name] ?? 0 }));
      const mbAt = (sample: Sample | undefined): number => sample?.memory[name] ?? Number.NaN;
      return [name, { firstMb: mbAt(samples[0]), settledMb: mbAt(settled[0]), lastMb: mbAt(samples.at(-1)), mbAnHour: Math.round(slopeOf(points)) }];
    }));
    return { minutes: MINUTES, settledAfter: SETTLED_AFTER, latency, memory };
  });
}

async function sampleInto(samples: Sample[], pids: () => Record<string, number>, started: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const memory = Object.fromEntries(Object.entries(pids()).map(([name, pid]) => [name, usageOf(pid).residentMb]));
    samples.push({ at: (performance.now() - started) / 60_000, memory });
    if (samples.length % 20 === 1) say(JSON.stringify(samples.at(-1)));
    await sleep(SAMPLE_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Of the straight line that fits the points best, by least squares. */
export function slopeOf(points: readonly { x: number; y: number }[]): number {
  const mean = (pick: (point: { x: number; y: number }) => number): number => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spreadX = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  return spreadX === 0 ? 0 : points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spreadX;
}

import { markdownTable } from '../../../topology/derive/markdown.ts';
import type { Latencies } from '../latency.ts';
import { figure } from './spread.ts';

export interface SoakResult {
  minutes: number;
  /** Share of the time after which memory's slope is taken. */
  settledAfter: number;
  latency: Latencies;
  memory: Record<string, { firstMb: number; settledMb: number; lastMb: number; mbAnHour: number }>;
}

export function blocks({ minutes, settledAfter, latency, memory }: SoakResult): Record<string, string> {
  const { orders, ratePerSecond, failed, endedOtherwise, p50, p95, p99, max } = latency;
  const words = `${figure(orders)} orders at ${figure(ratePerSecond)} a second for ${minutes} minutes, ${figure(failed)} of them not at their end within 30 s and ${figure(endedOtherwise)} ended otherwise than Fulfilled, as seats sell out; POST to the end p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, longest ${max} ms. Resident memory; the slope is that of the last ${Math.round(100 * (1 - settledAfter))} in a hundred of the time, by least squares.`;
  const rows = Object.entries(memory).map(([name, { firstMb, settledMb, lastMb, mbAnHour }]) => [name, figure(firstMb), figure(settledMb), figure(lastMb), figure(mbAnHour)]);
  return { soak: `${words}\n\n${markdownTable(['process', 'at the start, MB', 'when settled, MB', 'at the end, MB', 'slope, MB an hour'], rows)}` };
}

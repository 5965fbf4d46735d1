import { markdownTable } from '../../../topology/derive/markdown.ts';
import type { Latencies } from '../latency.ts';
import { figure, type Spread, told } from './spread.ts';

export interface LookupRuns {
  ratePerSecond: number;
  /** Look-ups in a packet. */
  together: number;
  runs: number;
  answersPerSecond: Spread;
  failed: Spread;
  p50: Spread;
  p95: Spread;
  p99: Spread;
  max: Spread;
  /** How late the load's own process was with sending, ms. */
  sentLateP99: Spread;
  ingressCores: Spread;
  ingressStallMs: Spread;
}

export interface AvailabilityResult {
  seconds: number;
  ordersPerSecond: number;
  ordersAlone: Latencies & { ingressCores: number };
  pipelined: LookupRuns;
  single: LookupRuns;
  idleCores: number;
}

export function blocks({ seconds, ordersPerSecond, ordersAlone, pipelined, single, idleCores }: AvailabilityResult): Record<string, string> {
  const packet = (together: number): string => (together === 1 ? 'one a packet' : `${together} a packet`);
  const rows = [pipelined, single].map((at) => [
    `${figure(at.ratePerSecond)} a second, ${packet(at.together)}`, told(at.answersPerSecond), told(at.failed), told(at.p50), told(at.p95), told(at.p99), told(at.sentLateP99), told(at.ingressCores),
  ]);
  const words = `Runs of ${seconds} s beside ${ordersPerSecond} orders a second, ${pipelined.runs} of each; median (least to greatest). Latency counts from when a look-up was due: how late the load's own process was with sending it is a part of it, and told apart.`;
  return {
    availability: [
      words,
      markdownTable(['look-ups', 'answers a second', 'failed', 'p50, ms', 'p95, ms', 'p99, ms', 'sent late by, p99, ms', "cores of the API's process"], [
        ...rows, [`none, ${ordersPerSecond} orders a second alone`, '', '', '', '', '', '', figure(ordersAlone.ingressCores)],
      ]),
      `At rest the API's process takes ${figure(idleCores)} of a core, right after load.`,
    ].join('\n\n'),
  };
}

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
  /** Length of an answer, head and body, on average. */
  bytesEach: Spread;
  p50: Spread;
  p95: Spread;
  p99: Spread;
  max: Spread;
  /** How late the load's own process was with sending, ms. */
  sentLateP99: Spread;
  /** Of the process that is asked. */
  cores: Spread;
}

export interface AvailabilityResult {
  seconds: number;
  ordersPerSecond: number;
  ordersAlone: Latencies & { ingressCores: number };
  pipelined: LookupRuns;
  single: LookupRuns;
  /** Of a server that sends the same bytes to whatever it is asked. */
  fixed: LookupRuns;
  idleCores: number;
}

export function blocks({ seconds, ordersPerSecond, ordersAlone, pipelined, single, fixed, idleCores }: AvailabilityResult): Record<string, string> {
  const packet = (together: number): string => (together === 1 ? 'one a packet' : `${together} a packet`);
  const row = (asked: string, at: LookupRuns): string[] => [
    `${asked}, ${figure(at.ratePerSecond)} a second, ${packet(at.together)}`,
    told(at.answersPerSecond), told(at.failed), told(at.p50), told(at.p95), told(at.p99), told(at.sentLateP99), told(at.cores),
  ];
  const words = `Runs of ${seconds} s beside ${ordersPerSecond} orders a second, ${pipelined.runs} of each; median (least to greatest). Latency counts from when a look-up was due: how late the load's own process was with sending it is a part of it, and told apart. The last row is the machine's own: a server that sends the same ${figure(fixed.bytesEach.median)} bytes to whatever it is asked, beside the same orders.`;
  return {
    availability: [
      words,
      markdownTable(['asked', 'answers a second', 'failed', 'p50, ms', 'p95, ms', 'p99, ms', 'sent late by, p99, ms', 'cores of the process asked'], [
        row('the API', pipelined),
        row('the API', single),
        [`the API, nothing beside ${ordersPerSecond} orders a second`, '', '', '', '', '', '', figure(ordersAlone.ingressCores)],
        row('a server of fixed answers', fixed),
      ]),
      `At rest the API's process takes ${figure(idleCores)} of a core, right after load.`,
    ].join('\n\n'),
  };
}

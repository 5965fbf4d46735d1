import { markdownTable } from '../../../topology/derive/markdown.ts';
import { coresTable, type UsageByProcess } from './cores.ts';
import { figure, type Spread, told } from './spread.ts';

export interface LatencyAtRate {
  ratePerSecond: number;
  seconds: number;
  failed: Spread;
  p50: Spread;
  p95: Spread;
  p99: Spread;
  max: Spread;
  /** Of the last run. */
  usage: UsageByProcess;
}

export interface OrdersResult {
  runs: number;
  throughput: { ordersPerSecond: Spread; warmUpOrdersPerSecond: Spread; seconds: Spread; orders: Spread; usage: UsageByProcess };
  latency: LatencyAtRate[];
  idle: { seconds: number; productCores: Spread; usage: UsageByProcess };
}

export function blocks({ runs, throughput, latency, idle }: OrdersResult): Record<string, string> {
  const summary = markdownTable(['what', `median of ${runs} runs (least to greatest)`], [
    ['orders a second, final in Kafka, Postgres and ClickHouse', told(throughput.ordersPerSecond)],
    [`the same while warming up, start of the pipeline included`, told(throughput.warmUpOrdersPerSecond)],
    ...latency.flatMap(({ ratePerSecond, seconds, failed, ...at }) => [
      [`POST to Fulfilled at ${figure(ratePerSecond)}/s for ${seconds} s: p50, ms`, told(at.p50)],
      ['p95, ms', told(at.p95)],
      ['p99, ms', told(at.p99)],
      ...(failed.max > 0 ? [['orders that did not end Fulfilled', told(failed)]] : []),
    ]),
    ['at rest, cores of the pipeline, both sinks and the API together', told(idle.productCores)],
  ]);
  const counted = `A run is ${told(throughput.orders)} orders in ${told(throughput.seconds)} s, the first fifth not counted.`;
  const columns = { throughput: throughput.usage, ...Object.fromEntries(latency.map((at) => [`${figure(at.ratePerSecond)}/s`, at.usage])), 'at rest': idle.usage };
  return { orders: `${counted}\n\n${summary}`, cores: `Cores in use, last run of each.\n\n${coresTable(columns)}` };
}

import { markdownTable } from '../../../topology/derive/markdown.ts';
import { figure } from './spread.ts';

export interface Layout {
  processes: number;
  ordersPerSecond: number;
  /** From the start of the processes to the last order. */
  seconds: number;
  pipelineCores: number;
  kafkaCores: number;
  otherCores: number;
  rebalances: number;
}

export interface ScaleResult {
  orders: number;
  partitions: number;
  layouts: Record<string, Layout>;
}

export const blocks = ({ orders, partitions, layouts }: ScaleResult): Record<string, string> => ({
  scale: [
    `${figure(orders)} orders, ${partitions} partitions, with the sandbox and the Postgres sink but without ClickHouse's; cores used meanwhile by the pipeline's processes together.`,
    markdownTable(
      ['pipeline', 'processes', 'orders a second', 'from start to last order, s', 'cores of the pipeline', 'cores of Kafka', 'rebalances'],
      Object.entries(layouts).map(([name, of]) => [name, ...[of.processes, of.ordersPerSecond, of.seconds, of.pipelineCores, of.kafkaCores, of.rebalances].map(figure)]),
    ),
  ].join('\n\n'),
});

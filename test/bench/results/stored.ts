import { markdownTable } from '../../../topology/derive/markdown.ts';
import { coresTable, type UsageByProcess } from './cores.ts';
import { figure, type Spread, told } from './spread.ts';

export interface StoredRuns {
  ordersPerSecond: Spread;
  /** Of the last run. */
  usage: UsageByProcess;
}

export interface StoredResult {
  runs: number;
  /** A run. */
  orders: number;
  /** Orders in the read model before the later runs. */
  stored: number;
  empty: StoredRuns;
  full: StoredRuns;
}

export const blocks = ({ runs, orders, stored, empty, full }: StoredResult): Record<string, string> => ({
  stored: [
    markdownTable(['orders stored before', `orders a second, median of ${runs} runs of ${figure(orders)} orders (least to greatest)`], [
      ['next to none', told(empty.ordersPerSecond)],
      [figure(stored), told(full.ordersPerSecond)],
      ['ratio of the medians', figure(full.ordersPerSecond.median / empty.ordersPerSecond.median)],
    ]),
    coresTable({ 'last run, next to none': empty.usage, [`last run, ${figure(stored)}`]: full.usage }),
  ].join('\n\n'),
});

import { markdownTable } from '../../../topology/derive/markdown.ts';
import { coresTable, type UsageByProcess } from './cores.ts';
import { figure, type Spread, told } from './spread.ts';

export interface ChainResult {
  orders: number;
  runs: number;
  ordersPerSecond: Spread;
  usage: UsageByProcess;
}

export const blocks = ({ orders, runs, ordersPerSecond, usage }: ChainResult): Record<string, string> => ({
  chain: [
    markdownTable(['what', `median of ${runs} runs (least to greatest)`], [[`orders a second through the chain alone, ${figure(orders)} a run`, told(ordersPerSecond)]]),
    coresTable({ 'last run': usage }),
  ].join('\n\n'),
});

import { markdownTable } from '../../../topology/derive/markdown.ts';
import { figure, type Spread, told } from './spread.ts';

export interface StoredResult {
  runs: number;
  /** A run. */
  orders: number;
  /** Orders in the read model before the later runs. */
  stored: number;
  empty: Spread;
  full: Spread;
}

export const blocks = ({ runs, orders, stored, empty, full }: StoredResult): Record<string, string> => ({
  stored: markdownTable(['orders stored before', `orders a second, median of ${runs} runs of ${figure(orders)} orders (least to greatest)`], [
    ['next to none', told(empty)],
    [figure(stored), told(full)],
    ['ratio of the medians', figure(full.median / empty.median)],
  ]),
});

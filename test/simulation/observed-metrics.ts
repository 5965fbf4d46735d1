import type { PipelineMetrics } from '../../topology/runtime/metrics.ts';
import type { Coverage } from './coverage.ts';

/** The pipeline's own counts, as far as they tell what a run has seen. */
export function observedMetrics(coverage: Coverage): PipelineMetrics {
  const counting = (what: (labels: Record<string, string>) => string) => ({ inc: (labels: Record<string, string>) => coverage.saw(what(labels)) });
  const ignored = { observe: () => undefined, set: () => undefined, startTimer: () => () => 0 };
  const metrics: { [Name in keyof PipelineMetrics]: object } = {
    steps: counting(({ outcome }) => `step ${outcome}`),
    stepSeconds: ignored,
    chunkRecords: ignored,
    transactionSeconds: ignored,
    chunkFailures: counting(({ reason }) => `chunk thrown away: ${reason}`),
    fenced: counting(() => 'session fenced'),
    putOff: counting(() => 'record put off'),
    deadLetters: counting(() => 'dead letter'),
    lag: ignored,
    watchClock: () => undefined,
    stuckOrders: ignored,
    stuckDriven: counting(() => 'stuck order driven'),
    stuckParked: counting(() => 'stuck order parked'),
    rebalances: counting(() => 'member joined'),
    timersFired: { inc: (count: number) => coverage.saw('timer fired', count) },
  };
  return metrics as unknown as PipelineMetrics;
}

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a pipeline process measures of its nodes. Labels are node names and outcomes, never ids. */
export function pipelineMetrics(registry: Registry) {
  const registers = [registry];
  return {
    steps: new Counter({ name: 'iaros_steps_total', help: 'Steps run, by outcome', labelNames: ['node', 'outcome'], registers }),
    stepSeconds: new Histogram({ name: 'iaros_step_seconds', help: 'Time of one step, effects included', labelNames: ['node'], buckets: SECONDS, registers }),
    chunkRecords: new Histogram({
      name: 'iaros_chunk_records', help: 'Input records committed together', labelNames: ['node'], buckets: [1, 2, 5, 10, 20, 50, 100, 200], registers,
    }),
    transactionSeconds: new Histogram({
      name: 'iaros_transaction_seconds', help: 'Kafka transaction, first send to commit', labelNames: ['node'], buckets: SECONDS, registers,
    }),
    chunkFailures: new Counter({ name: 'iaros_chunk_failures_total', help: 'Chunks thrown away and read again', labelNames: ['node', 'reason'], registers }),
    fenced: new Counter({ name: 'iaros_fenced_total', help: 'Sessions ended because another member took the partition', labelNames: ['node'], registers }),
    putOff: new Counter({ name: 'iaros_put_off_total', help: 'Records moved to a retry topic', labelNames: ['node'], registers }),
    deadLetters: new Counter({ name: 'iaros_dead_letters_total', help: 'Records moved to a dead-letter topic', labelNames: ['node'], registers }),
    lag: new Gauge({ name: 'iaros_lag_messages', help: 'Records not read yet, as of the last batch', labelNames: ['node', 'topic', 'partition'], registers }),
    /** `skewMs`: how far this machine's clock is ahead of the store's, ms. */
    watchClock(skewMs: () => number): void {
      new Gauge({ name: 'iaros_clock_skew_seconds', help: 'How far the clock of this machine is ahead of the store', registers, collect() { this.set(skewMs() / 1_000); } });
    },
    stuckOrders: new Gauge({ name: 'iaros_stuck_orders', help: 'Orders that stand still although nothing holds them up, as of the last look', registers }),
    stuckDriven: new Counter({ name: 'iaros_stuck_driven_total', help: 'Events of stuck orders handed to their nodes again', labelNames: ['node'], registers }),
    stuckParked: new Counter({ name: 'iaros_stuck_parked_total', help: 'Stuck orders given up on', labelNames: ['node'], registers }),
    rebalances: new Counter({ name: 'iaros_rebalances_total', help: 'Times the group gave its partitions out anew', labelNames: ['node'], registers }),
    timersFired: new Counter({ name: 'iaros_timers_fired_total', help: 'Timers published', registers }),
  };
}

export type PipelineMetrics = ReturnType<typeof pipelineMetrics>;

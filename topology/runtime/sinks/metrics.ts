import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a process measures of its sinks. */
export function sinkMetrics(registry: Registry) {
  const registers = [registry];
  const ages = new Map<string, () => number>();
  return {
    rows: new Counter({ name: 'iaros_sink_rows_total', help: 'Events written', labelNames: ['sink'], registers }),
    flushSeconds: new Histogram({ name: 'iaros_sink_flush_seconds', help: 'Time to write one chunk', labelNames: ['sink'], buckets: SECONDS, registers }),
    failures: new Counter({ name: 'iaros_sink_failures_total', help: 'Chunks thrown away and read again', labelNames: ['sink'], registers }),
    deadLetters: new Counter({ name: 'iaros_sink_dead_letters_total', help: 'Records moved to the sink\'s dead-letter topic', labelNames: ['sink'], registers }),
    stoodBackSeconds: new Counter({ name: 'iaros_sink_stood_back_seconds_total', help: 'Time in which events waited because a burst of orders wanted the processors', labelNames: ['sink'], registers }),
    lag: new Gauge({
      name: 'iaros_sink_lag_seconds', help: 'Age of the oldest event read and not yet written', labelNames: ['sink'], registers,
      collect() {
        for (const [sink, age] of ages) this.set({ sink }, age());
      },
    }),
    /** `age` answers the seconds `lag` shows. */
    watchLag: (sink: string, age: () => number): void => void ages.set(sink, age),
  };
}

export type SinkMetrics = ReturnType<typeof sinkMetrics>;

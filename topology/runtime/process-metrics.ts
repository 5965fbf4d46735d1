import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * How often the event loop's delay is looked at, ms, and the least that the histogram of it tells. prom-client's 10 would wake each process
 * a hundred times a second: most of what one costs at rest.
 */
const EVENT_LOOP_PRECISION_MS = 100;

/** A registry with what every process tells of itself: processor time, memory, handles, garbage collection, the event loop's delay. */
export function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS });
  return registry;
}

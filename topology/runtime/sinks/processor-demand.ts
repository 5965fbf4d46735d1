import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const LOAD = '/proc/loadavg';
/** Of the words of a line like `0.61 0.85 0.74 3/512 4242`: threads that run or wait for a processor, of all there are. */
const RUNNABLE_AT = 3;
const PROCESSORS = cpus().length;

/**
 * How many threads of the whole machine, the asking one left out, want a processor now, for each processor there is. Null where the system does
 * not tell, as outside of Linux.
 */
export function processorDemand(): number | null {
  try {
    return demandIn(readFileSync(LOAD, 'latin1'), PROCESSORS);
  } catch {
    return null;
  }
}

/** Null where the line is none of Linux's. */
export function demandIn(line: string, processors: number): number | null {
  const runnable = Number.parseInt(line.split(' ')[RUNNABLE_AT] ?? '', 10);
  return Number.isNaN(runnable) ? null : Math.max(0, runnable - 1) / processors;
}

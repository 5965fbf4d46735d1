import type { Fault } from './fault.ts';

/** Every fault of the suite, in the order in which they are injected. */
export const FAULTS: readonly Fault[] = [];

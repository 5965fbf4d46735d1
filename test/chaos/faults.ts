import type { Fault } from './fault.ts';
import { chaining } from './faults/chaining.ts';
import { crashMatrixApart, crashMatrixChained } from './faults/crash-matrix.ts';
import { kills } from './faults/kills.ts';
import { scaling } from './faults/scaling.ts';
import { zombies } from './faults/zombies.ts';

/** Every fault of the suite, in the order in which they are injected: those of one layout stand together. */
export const FAULTS: readonly Fault[] = [crashMatrixChained, chaining, crashMatrixApart, kills, zombies, scaling];

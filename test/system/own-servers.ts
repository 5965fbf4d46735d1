import { inject } from 'vitest';
import type { SystemStack } from './stack.ts';

/** The servers of the lane that this file runs in: Vitest numbers its workers from 1. */
export function ownServers(): SystemStack {
  const lane = inject('system')[Number(process.env.VITEST_POOL_ID) - 1];
  if (!lane) throw new Error(`there are no servers for worker ${process.env.VITEST_POOL_ID}`);
  return lane;
}

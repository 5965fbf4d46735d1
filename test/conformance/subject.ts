import { TransientFault } from '../../connectors/ports/transient-fault.ts';
import type { FaultSetting } from '../../connectors/sandbox/faults.ts';

/** What a test can do to the other side of an implementation; the tests of what it cannot are left out. */
export interface Features {
  faults: boolean;
  restart: boolean;
}

export const ALL_FEATURES: Features = { faults: true, restart: true };

/** An implementation of a port under test. */
export interface Subject<Port> {
  port: Port;
  /** Switches a fault of the other side on; all faults off. */
  faults?: { set(fault: FaultSetting): void | Promise<void>; clear(): void | Promise<void> };
  /** Kills the other side without warning and starts it over with the data it has. */
  restart?: () => void | Promise<void>;
  close(): void | Promise<void>;
}

const MAX_TRIES = 500;

/** Repeats a call as the runtime does: again after every passing fault, with the same arguments. */
export async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof TransientFault) || tries === MAX_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

/** Order ids that no other test of the run uses. */
export function orderIds(suite: string): () => string {
  const run = crypto.randomUUID().slice(0, 8);
  let count = 0;
  return () => `${suite}-${run}-${++count}`;
}

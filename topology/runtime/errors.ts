import { TransientFault } from '../../connectors/ports/transient-fault.ts';
import { StateLost } from './state.ts';

/** The store answered nothing usable: connection lost, loading, timed out. The whole chunk waits and runs again. */
export class StateUnavailable extends Error {
  override name = 'StateUnavailable';
}

/** Redis knows less of the order than the event proves: data was lost, and a rebuild is due. */
export class StateBehind extends Error {
  override name = 'StateBehind';
  readonly eventId: string;
  constructor(orderId: string, eventId: string) {
    super(`the state store is behind event ${eventId} of order ${orderId}`);
    this.eventId = eventId;
  }
}

/** A record that nobody can process, with the reason its dead letter carries. */
export class Unprocessable extends Error {
  override name = 'Unprocessable';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A record that no node can read, whichever of those it reaches tries. */
export class Unreadable extends Unprocessable {
  override name = 'Unreadable';
}

/** The step took longer than the session waits; it goes on in the background and leaves its result in the journal. */
export class StepOverdue extends TransientFault {
  override name = 'StepOverdue';
}

/** What a fault of a step means for the record it happened on. */
export type FaultKind =
  /** Put the record off and try again. */
  | 'passing'
  /** Stop the chunk: nothing can be processed now. */
  | 'state'
  /** Dead letter. */
  | 'permanent';

export function kindOf(error: unknown): FaultKind {
  if (error instanceof StateLost || error instanceof StateUnavailable || error instanceof StateBehind) return 'state';
  if (error instanceof TransientFault) return 'passing';
  if (typeof error === 'object' && error !== null && 'transient' in error && error.transient === true) return 'passing';
  return 'permanent';
}

/** A short machine-readable reason; never the content of the record. */
export function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

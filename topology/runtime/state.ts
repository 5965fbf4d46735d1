import type { TimerFired } from '../../schemas/types.ts';

/** What Redis holds of an order: enough for interrupts to meet it without a database read. */
export interface OrderHead {
  version: number;
  status: string;
  atRest: boolean;
  /** The newest event, as encoded for its topic. */
  event: Buffer;
}

/** A cancel mark left on an order (or on an order id that is still to come). */
export interface Mark {
  /** Id of the command or timer that left it. */
  causationId: string;
  reason: string;
  detail: string;
}

export type Begin =
  | { kind: 'run' }
  /** The step ran before for this input: these encoded events are its result. */
  | { kind: 'replay'; events: Buffer[] }
  /** The order has moved past the input: nothing is to be done. */
  | { kind: 'stale' }
  /** The order carries a cancel mark, which may have been there before the order. */
  | { kind: 'marked'; mark: Mark }
  /** The store knows less than the input proves to have happened: it has lost data. */
  | { kind: 'behind' };

export interface Completion {
  orderId: string;
  /** `<node>:<input id>` */
  step: string;
  /** Version of the order the step started from; 0 for an order that is new. */
  fromVersion: number;
  /** Whether the completion itself answers the mark, which is then taken off. */
  clearsMark: boolean;
  /** What the journal keeps of the step, to be given back as it is: where its input came from, and its results, encoded. The last becomes the event of the head. */
  events: readonly Buffer[];
  head: Omit<OrderHead, 'event'>;
  /** Due time of the order's timer after the step, null for none. */
  timer: { kind: TimerFired['kind']; dueAt: number } | null;
}

export type Completed =
  /** `mark`: a cancel mark is on the order, and the next step (or, where the order rests, the caller) has to act on it. */
  | { kind: 'done'; mark: Mark | null }
  | { kind: 'replay'; events: Buffer[] }
  | { kind: 'stale' }
  | { kind: 'behind' };

export interface DueTimer {
  orderId: string;
  kind: TimerFired['kind'];
  dueAt: number;
}

/** Thrown by every call while the store is empty or being rebuilt. A passing fault: the rebuild ends it. */
export class StateLost extends Error {
  override name = 'StateLost';
}

/**
 * Versions, cancel marks, step journal and timers of all live orders. Every call is atomic. Implemented on Redis for production and in
 * memory for the test driver; one conformance suite runs on both.
 */
export interface OrderState {
  begin(orderId: string, step: string, version: number, divertible: boolean): Promise<Begin>;
  complete(completion: Completion): Promise<Completed>;
  /** Head and mark as they are. */
  read(orderId: string): Promise<{ head: OrderHead | null; mark: Mark | null }>;
  /** Leaves a mark; 'moved' when the order's version is no longer `version` (0: no order yet), and nothing was done. A second mark changes nothing. */
  mark(orderId: string, version: number, mark: Mark): Promise<'marked' | 'moved'>;
  /** Forgets the results of steps that are committed; other steps of the same orders may still be waiting for their commit. */
  trim(steps: readonly { orderId: string; steps: readonly string[] }[]): Promise<void>;
  dueTimers(now: number, limit: number): Promise<DueTimer[]>;
  /** Takes fired timers away, unless armed anew for another time meanwhile. */
  disarm(timers: readonly DueTimer[]): Promise<void>;
  /** Names the present content; changes with every rebuild; null while there is none. */
  epoch(): Promise<string | null>;
}

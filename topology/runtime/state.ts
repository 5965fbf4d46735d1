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

/** The step ran before for this input, with this result. */
export interface Replay {
  kind: 'replay';
  /** Encoded, as they were; none where the step was noted. */
  events: Buffer[];
  /** It was noted, and its input is kept in the changelog. */
  kept: boolean;
}

export type Begin =
  | { kind: 'run' }
  | Replay
  /** The order has moved past the input: nothing is to be done. */
  | { kind: 'stale' }
  /** The order carries a cancel mark, which may have been there before the order. */
  | { kind: 'marked'; mark: Mark }
  /** The store knows less than the input proves to have happened: it has lost data. */
  | { kind: 'behind' };

export interface Completion {
  orderId: string;
  /** `<node>:<input id>`, with `@<topic>/<partition>@<offset>` of its record after the id of a command or timer. */
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
  | Replay
  | { kind: 'stale' }
  | { kind: 'behind' };

/** What an interrupt came to that moves the order by no event. */
export interface Note {
  orderId: string;
  /** As in `Completion`. */
  step: string;
  /** Version the order was seen with; 0 for one that is still to come. */
  version: number;
  /** Left on the order, unless it carries one already; null where nothing is to be done about it. */
  mark: Mark | null;
  /** Whether the input is kept in the changelog. */
  kept: boolean;
}

export type Noted = { kind: 'noted' } | { kind: 'moved' } | Replay;

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
  /**
   * Writes the step to the journal without events, and its mark. 'moved' where the order's version is another, and nothing was done. The
   * journal keeps a note, which `trim` is not told of: a second run that began before the first was committed may write its answer much
   * later, when the order has come to where the answer would be another.
   */
  note(note: Note): Promise<Noted>;
  /** Steps of the order whose events the journal holds: they are not committed yet, or were a moment ago. */
  pending(orderId: string): Promise<{ step: string; events: Buffer[] }[]>;
  /** Forgets the results of steps that are committed; other steps of the same orders may still be waiting for their commit. */
  trim(steps: readonly { orderId: string; steps: readonly string[] }[]): Promise<void>;
  dueTimers(now: number, limit: number): Promise<DueTimer[]>;
  /** Takes fired timers away, unless armed anew for another time meanwhile. */
  disarm(timers: readonly DueTimer[]): Promise<void>;
  /** Names the present content; changes with every rebuild; null while there is none. */
  epoch(): Promise<string | null>;
}

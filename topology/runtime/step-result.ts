import type { Draft } from '../../processors/processor.ts';
import type { EncodedEvent } from '../../schemas/codec.ts';
import type { AnyOrderEvent } from '../../schemas/types.ts';
import { nextStatus, restsAfter, type OrderStatus } from '../order-states.ts';
import { Unprocessable } from './errors.ts';
import { eventIdOf } from './event-id.ts';
import type { Services } from './services.ts';
import type { Completed, Mark, Replay } from './state.ts';

export interface StepResult {
  events: EncodedEvent[];
  /** A cancel mark that the order's next step has to act on. */
  mark: Mark | null;
  /**
   * Whether the input goes to the changelog: it left a mark, or found that the order was ending anyway. A rebuild asks it again, so that it
   * holds also where the store forgets the mark, or the steps that were ending the order and were not committed.
   */
  keepsInput: boolean;
  /**
   * Steps that brought the order to where the input moved it on from, and that may not be committed yet. Their events go to the changelog:
   * should the store be lost before their own commit, its journal comes back with them, and they still reach their topics.
   */
  overtaken: { step: string; events: EncodedEvent[] }[];
  /** Keys under which the journal holds the events, until they are committed. */
  steps: string[];
  /** Why there are no events; '' otherwise. */
  skipped: '' | 'stale' | 'not_for_this_node' | 'too_late' | 'marked';
  /** The events come from the journal: an earlier run of the step made them. */
  replayed: boolean;
}

export const nothing = (skipped: StepResult['skipped']): StepResult => ({ events: [], mark: null, keepsInput: false, overtaken: [], steps: [], skipped, replayed: false });

/** Of an interrupt that was noted. */
export const withoutEvents = (skipped: 'marked' | 'too_late', keepsInput: boolean): StepResult => ({ ...nothing(skipped), keepsInput });

/** An event is written once and has one record; it may reach its node in memory before that. A command or timer is told by its record too. */
export const stepKey = (node: string, inputId: string, origin?: string): string => (origin ? `${node}:${inputId}@${origin}` : `${node}:${inputId}`);

/** Writes the events of a step to the store. */
export function complete(step: string, fromVersion: number, events: EncodedEvent[], clearsMark: boolean, services: Services): Promise<Completed> {
  const last = events.at(-1);
  if (!last) throw new Unprocessable('no_event', `${step} gave no event`);
  const { event } = last;
  const hold = event.order.hold;
  const atRest = restsAfter(event.type, event.status as OrderStatus);
  // A mark on an order that has ended otherwise asks for nothing any more.
  const isPastCancelling = atRest && nextStatus(event.status as OrderStatus, 'CancelRequested') === null;
  return services.state.complete({
    orderId: event.orderId,
    step,
    fromVersion,
    clearsMark: clearsMark || isPastCancelling,
    events: events.map(({ bytes }) => bytes),
    head: { version: event.version, status: event.status, atRest },
    timer: hold?.state === 'held' ? { kind: 'hold_expiry', dueAt: hold.expiresAt } : null,
  });
}

export async function answerOf(completed: Completed, events: EncodedEvent[], key: string, services: Services): Promise<StepResult> {
  switch (completed.kind) {
    case 'done':
      return { events, mark: completed.mark, keepsInput: false, overtaken: [], steps: [key], skipped: '', replayed: false };
    case 'replay':
      return replayed(completed, key, services);
    case 'stale':
      return nothing('stale');
    case 'behind':
      throw new Unprocessable('state_refused', `the state store answered ${completed.kind} where it cannot`);
  }
}

export async function replayed({ events: bytes, kept }: Replay, key: string, services: Services): Promise<StepResult> {
  if (bytes.length === 0) return { ...withoutEvents(kept ? 'marked' : 'too_late', kept), replayed: true };
  const events = await decodeEvents(bytes, services);
  return { events, mark: null, keepsInput: false, overtaken: [], steps: [key], skipped: '', replayed: true };
}

interface Origin {
  orderId: string;
  causationId: string;
  version: number;
  status: OrderStatus | 'new';
}

/**
 * Gives each draft its id, version, status and time, and checks that the state table allows the move. `before` is the event that they follow,
 * where this process has encoded it.
 */
export function encodeDrafts(drafts: readonly Draft[], origin: Origin, services: Services, now: number, before?: EncodedEvent): EncodedEvent[] {
  let { version, status } = origin;
  let last = before;
  return drafts.map((draft) => {
    const next = nextStatus(status, draft.type);
    if (!next) throw new Unprocessable('illegal_move', `${draft.type} cannot follow status ${status}`);
    version += 1;
    status = next;
    const { orderId, causationId } = origin;
    const eventId = eventIdOf({ orderId, causationId, type: draft.type, version });
    const event = { type: draft.type, eventId, orderId, version, status, occurredAt: now, causationId, order: draft.order } as AnyOrderEvent;
    last = services.codec.encodeEvent(event, last);
    return last;
  });
}

export async function decodeEvents(encoded: readonly Buffer[], services: Services): Promise<EncodedEvent[]> {
  const events: EncodedEvent[] = [];
  for (const bytes of encoded) events.push({ event: await decodeEvent(bytes, services), bytes });
  return events;
}

export async function decodeEvent(bytes: Buffer, services: Services): Promise<AnyOrderEvent> {
  return (await services.codec.decode(bytes)).record as AnyOrderEvent;
}

import type { Draft } from '../../processors/processor.ts';
import type { DecodedRecord, EncodedEvent } from '../../schemas/codec.ts';
import type { AnyOrderEvent, Order, OrderCommand } from '../../schemas/types.ts';
import type { FlowNode, OpenerNode, ProcessorNode } from '../define.ts';
import { nextStatus, restsAfter, type OrderStatus } from '../order-states.ts';
import { isFromTheFuture, isTooOld } from './command-window.ts';
import { StateBehind, Unprocessable } from './errors.ts';
import { isGenuine } from './event-id.ts';
import { failpoint } from './failpoint.ts';
import { interrupt } from './interrupt.ts';
import { contextOf, type Services } from './services.ts';
import type { Mark } from './state.ts';
import { commandOf, eventOf } from './step-input.ts';
import { answerOf, complete, encodeDrafts, nothing, replayed, stepKey, type StepResult } from './step-result.ts';

/** What the caller knows already, from having completed the step before in this process a moment ago. */
export interface Known {
  mark: Mark | null;
}

/** What is to be known of an input besides its content. */
export interface Arrival {
  /**
   * Names the record it came with. A command that was written twice is two records: the journal answers a second run of one with what the
   * first run gave, and never the other, whose events would be the same ones once more.
   */
  origin: string;
  known?: Known;
  /** The input as this process encoded it a moment ago. */
  encoded?: EncodedEvent;
}

/** Steps whose effects are done and whose results are not in the store yet: one, or several that followed each other in memory. */
export interface Prepared {
  kind: 'prepared';
  /** The node it began with, whose journal entry will hold the results. */
  node: FlowNode;
  key: string;
  orderId: string;
  fromVersion: number;
  /** The event it began with, null where it began with a command. */
  input: AnyOrderEvent | null;
  events: EncodedEvent[];
  clearsMark: boolean;
}

/** Nothing left to settle: the step was passed over, replayed or diverted, or it settles by itself. */
export interface Settled {
  kind: 'settled';
  result: StepResult;
}

const settled = (result: StepResult): Settled => ({ kind: 'settled', result });

/**
 * The one seam between the flow and whatever delivers records: takes a decoded record through one node, up to the point where its results
 * go to the store. `extend` may add the steps that follow; `settle` writes all of them at once. The Kafka session and the test driver both
 * come this way. Throws as `Context` says; StateLost, StateUnavailable and StateBehind concern the whole store.
 */
export async function prepare(node: FlowNode, input: DecodedRecord, services: Services, { origin, known, encoded }: Arrival): Promise<Prepared | Settled> {
  switch (node.kind) {
    case 'opener':
      return open(node, input, services, origin);
    case 'processor':
      return advance(node, eventOf(input, node), services, known, encoded);
    case 'interrupt':
      return settled(await interrupt(node, input, services, origin));
  }
}

async function open(node: OpenerNode, input: DecodedRecord, services: Services, origin: string): Promise<Prepared | Settled> {
  const command = commandOf(input);
  if (command.kind !== node.accepts) return settled(nothing('not_for_this_node'));
  const { orderId, commandId } = command;
  const key = stepKey(node.name, commandId, origin);
  const begun = await services.state.begin(orderId, key, 0, true);
  if (begun.kind === 'replay') return settled(await actOnMarkAtRest(node, await replayed(begun, key, services), services));
  if (begun.kind === 'stale') return settled(nothing('stale'));
  checkAge(command, services.now());
  const cancelled = begun.kind === 'marked';
  const context = { ...contextOf(orderId, services), cancelled };
  const drafts = await node.run(command, context);
  failpoint(`${node.name}.first-effect`);
  const events = encodeDrafts(drafts, { orderId, causationId: commandId, version: 0, status: 'new' }, services, context.now);
  return { kind: 'prepared', node, key, orderId, fromVersion: 0, input: null, events, clearsMark: cancelled };
}

/** An order that is not known may have been forgotten: only a command young enough to be remembered starts one. */
function checkAge(command: OrderCommand, now: number): void {
  if (isTooOld(command, now)) throw new Unprocessable('too_old', 'the command was issued longer ago than ended orders are remembered: what it started may have been forgotten');
  if (isFromTheFuture(command, now)) throw new Unprocessable('issued_in_future', 'the command says that it was issued more than a day from now');
}

async function advance(node: ProcessorNode, event: AnyOrderEvent, services: Services, known?: Known, encoded?: EncodedEvent): Promise<Prepared | Settled> {
  const key = stepKey(node.name, event.eventId);
  if (known?.mark && node.divertible) return settled(await divert(node, event, known.mark, services));
  if (!known) {
    const begun = await services.state.begin(event.orderId, key, event.version, node.divertible);
    if (begun.kind === 'replay') return settled(await actOnMarkAtRest(node, await replayed(begun, key, services), services));
    if (begun.kind === 'stale') return settled(nothing('stale'));
    if (begun.kind === 'behind') throw behind(event);
    if (begun.kind === 'marked') return settled(await divert(node, event, begun.mark, services));
  }
  const events = await run(node, event, services, encoded);
  return { kind: 'prepared', node, key, orderId: event.orderId, fromVersion: event.version, input: event, events, clearsMark: !node.divertible };
}

/** Runs the node that takes the newest event of prepared steps, and adds its results to theirs. */
export async function extend(prepared: Prepared, node: ProcessorNode, services: Services): Promise<Prepared> {
  const last = prepared.events.at(-1) as EncodedEvent;
  const events = await run(node, last.event, services, last);
  return { ...prepared, events: [...prepared.events, ...events], clearsMark: prepared.clearsMark || !node.divertible };
}

async function run(node: ProcessorNode, event: AnyOrderEvent, services: Services, encoded?: EncodedEvent): Promise<EncodedEvent[]> {
  const context = contextOf(event.orderId, services);
  const drafts = await node.run(event, context);
  failpoint(`${node.name}.first-effect`);
  return encodeDrafts(drafts, { ...event, causationId: event.eventId, status: event.status as OrderStatus }, services, context.now, encoded);
}

/** Writes prepared steps to the store. Where an earlier run of the same input was there first, its results are the answer. */
export async function settle(prepared: Prepared, services: Services): Promise<StepResult> {
  const { node, key, fromVersion, events, clearsMark, input } = prepared;
  const completed = await complete(key, fromVersion, events, clearsMark, services);
  if (completed.kind === 'behind' && input) throw behind(input);
  return actOnMarkAtRest(node, await answerOf(completed, events, key, services), services);
}

/**
 * A cancel mark found before the step had any effect: the order is cancelled from where it stands. A former owner may have run the step
 * meanwhile: its results are the answer then, and the mark lies where they end.
 */
async function divert(node: FlowNode, event: AnyOrderEvent, mark: Mark, services: Services): Promise<StepResult> {
  const key = stepKey(node.name, event.eventId);
  const events = encodeDrafts([cancelDraft(event.order, mark)], { ...event, causationId: mark.causationId, status: event.status as OrderStatus }, services, services.now());
  const completed = await complete(key, event.version, events, true, services);
  if (completed.kind === 'behind') throw behind(event);
  return actOnMarkAtRest(node, await answerOf(completed, events, key, services), services);
}

/** The steps brought the order to rest: no next step would see a mark that lies on it, so it is answered here, as a step of its own. */
async function actOnMarkAtRest(node: FlowNode, result: StepResult, services: Services): Promise<StepResult> {
  const last = result.events.at(-1)?.event;
  if (!last || !restsAfter(last.type, last.status as OrderStatus) || (!result.replayed && !result.mark)) return result;
  const key = stepKey(node.name, last.eventId);
  const begun = await services.state.begin(last.orderId, key, last.version, true);
  if (begun.kind === 'replay') return followedBy(result, await replayed(begun, key, services));
  if (begun.kind !== 'marked' || nextStatus(last.status as OrderStatus, 'CancelRequested') === null) return { ...result, mark: null };
  return followedBy(result, await divert(node, last, begun.mark, services));
}

const followedBy = (first: StepResult, second: StepResult): StepResult => ({
  ...second,
  skipped: '',
  events: [...first.events, ...second.events],
  steps: [...first.steps, ...second.steps],
});

const cancelDraft = (order: Order, mark: Mark): Draft<'CancelRequested'> => ({
  type: 'CancelRequested',
  order: { ...order, closure: { reason: mark.reason, detail: mark.detail } },
});

function behind(event: AnyOrderEvent): Error {
  if (isGenuine(event)) return new StateBehind(event.orderId, event.eventId);
  return new Unprocessable('forged_event', 'the event names an order version that does not exist, and its id does not follow from its cause');
}

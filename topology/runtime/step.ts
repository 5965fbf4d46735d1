import type { Ports } from '../../connectors/ports/index.ts';
import type { Context, Draft } from '../../processors/processor.ts';
import type { Settings } from '../../processors/settings.ts';
import type { Codec, DecodedRecord } from '../../schemas/codec.ts';
import type { AnyOrderEvent, EventType, Order, OrderCommand, TimerFired } from '../../schemas/types.ts';
import type { FlowNode, InterruptNode, OpenerNode, ProcessorNode } from '../define.ts';
import { nextStatus, restsAfter, type OrderStatus } from '../order-states.ts';
import { isFromTheFuture, isTooOld } from './command-window.ts';
import { StateBehind, Unprocessable, Unreadable } from './errors.ts';
import { eventIdOf, isGenuine } from './event-id.ts';
import { failpoint } from './failpoint.ts';
import type { Completed, Mark, OrderState, Replay } from './state.ts';

export interface Services {
  state: OrderState;
  ports: Ports;
  codec: Codec;
  settings: Settings;
  /** ms since the epoch, UTC. */
  now: () => number;
}

/** An event with its bytes as they go to its topic, the journal and the changelog. */
export interface EncodedEvent {
  event: AnyOrderEvent;
  bytes: Buffer;
}

export interface StepResult {
  events: EncodedEvent[];
  /** A cancel mark that the order's next step has to act on. */
  mark: Mark | null;
  /** The input, where it left a mark: it goes to the changelog, so that a rebuild finds the mark. */
  marks: boolean;
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
}

const MAX_RACES = 20;

const nothing = (skipped: StepResult['skipped']): StepResult => ({ events: [], mark: null, marks: false, overtaken: [], steps: [], skipped, replayed: false });

const withoutEvents = (marks: boolean): StepResult => ({ ...nothing(marks ? 'marked' : 'too_late'), marks });

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
export async function prepare(node: FlowNode, input: DecodedRecord, services: Services, { origin, known }: Arrival): Promise<Prepared | Settled> {
  switch (node.kind) {
    case 'opener':
      return open(node, input, services, origin);
    case 'processor':
      return advance(node, eventOf(input, node), services, known);
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

async function advance(node: ProcessorNode, event: AnyOrderEvent, services: Services, known?: Known): Promise<Prepared | Settled> {
  const key = stepKey(node.name, event.eventId);
  if (known?.mark && node.divertible) return settled(await divert(node, event, known.mark, services));
  if (!known) {
    const begun = await services.state.begin(event.orderId, key, event.version, node.divertible);
    if (begun.kind === 'replay') return settled(await actOnMarkAtRest(node, await replayed(begun, key, services), services));
    if (begun.kind === 'stale') return settled(nothing('stale'));
    if (begun.kind === 'behind') throw behind(event);
    if (begun.kind === 'marked') return settled(await divert(node, event, begun.mark, services));
  }
  const events = await run(node, event, services);
  return { kind: 'prepared', node, key, orderId: event.orderId, fromVersion: event.version, input: event, events, clearsMark: !node.divertible };
}

/** Runs the node that takes the newest event of prepared steps, and adds its results to theirs. */
export async function extend(prepared: Prepared, node: ProcessorNode, services: Services): Promise<Prepared> {
  const last = prepared.events.at(-1) as EncodedEvent;
  const events = await run(node, last.event, services);
  return { ...prepared, events: [...prepared.events, ...events], clearsMark: prepared.clearsMark || !node.divertible };
}

async function run(node: ProcessorNode, event: AnyOrderEvent, services: Services): Promise<EncodedEvent[]> {
  const context = contextOf(event.orderId, services);
  const drafts = await node.run(event, context);
  failpoint(`${node.name}.first-effect`);
  return encodeDrafts(drafts, { ...event, causationId: event.eventId, status: event.status as OrderStatus }, services, context.now);
}

/** Writes prepared steps to the store. Where an earlier run of the same input was there first, its results are the answer. */
export async function settle(prepared: Prepared, services: Services): Promise<StepResult> {
  const { node, key, fromVersion, events, clearsMark, input } = prepared;
  const completed = await complete(key, fromVersion, events, clearsMark, services);
  if (completed.kind === 'behind' && input) throw behind(input);
  return actOnMarkAtRest(node, await answerOf(completed, events, key, services), services);
}

/** A cancel mark found before the step had any effect: the order is cancelled from where it stands. */
async function divert(node: FlowNode, event: AnyOrderEvent, mark: Mark, services: Services): Promise<StepResult> {
  const key = stepKey(node.name, event.eventId);
  const events = encodeDrafts([cancelDraft(event.order, mark)], { ...event, causationId: mark.causationId, status: event.status as OrderStatus }, services, services.now());
  const completed = await complete(key, event.version, events, true, services);
  if (completed.kind === 'behind') throw behind(event);
  return answerOf(completed, events, key, services);
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

async function interrupt(node: InterruptNode, input: DecodedRecord, services: Services, origin: string): Promise<StepResult> {
  const record = interruptOf(input, node);
  if (!record) return nothing('not_for_this_node');
  const result = await meet(node, record, services, origin);
  return result.events.length > 0 ? { ...result, overtaken: await overtakenBy(result, record.orderId, services) } : result;
}

/** The order may be where an interrupt finds it before the log says so: the steps that are committed are gone from the journal. */
async function overtakenBy({ steps }: StepResult, orderId: string, services: Services): Promise<StepResult['overtaken']> {
  const pending = (await services.state.pending(orderId)).filter(({ step }) => !steps.includes(step));
  return Promise.all(pending.map(async ({ step, events }) => ({ step, events: await decodeEvents(events, services) })));
}

async function meet(node: InterruptNode, record: InterruptRecord, services: Services, origin: string): Promise<StepResult> {
  const { orderId, causationId } = record;
  const key = stepKey(node.name, causationId, origin);
  const begun = await services.state.begin(orderId, key, 0, false);
  if (begun.kind === 'replay') return replayed(begun, key, services);
  for (let race = 0; race < MAX_RACES; race += 1) {
    const { head } = await services.state.read(orderId);
    const last = head ? await decodeEvent(head.event, services) : null;
    const context = contextOf(orderId, services);
    const current = head && last ? { status: head.status, version: head.version, atRest: head.atRest, order: last.order } : null;
    const outcome = await node.run(record.input, current, context);
    failpoint(`${node.name}.first-effect`);
    if (outcome.kind !== 'move') {
      const mark = outcome.kind === 'mark' ? { causationId, reason: outcome.reason, detail: outcome.detail } : null;
      const noted = await services.state.note({ orderId, step: key, version: head?.version ?? 0, mark });
      if (noted.kind === 'noted') return withoutEvents(mark !== null);
      if (noted.kind === 'replay') return replayed(noted, key, services);
      continue;
    }
    if (!last) throw new Unprocessable('order_unknown', 'an interrupt cannot move an order that does not exist');
    const events = encodeDrafts(outcome.drafts, { ...last, causationId, status: last.status as OrderStatus }, services, context.now);
    const completed = await complete(key, last.version, events, true, services);
    if (completed.kind !== 'stale') return answerOf(completed, events, key, services);
  }
  throw new Unprocessable('order_too_busy', `the order moved ${MAX_RACES} times while ${node.name} tried to meet it`);
}

function complete(step: string, fromVersion: number, events: EncodedEvent[], clearsMark: boolean, services: Services): Promise<Completed> {
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

async function answerOf(completed: Completed, events: EncodedEvent[], key: string, services: Services): Promise<StepResult> {
  switch (completed.kind) {
    case 'done':
      return { events, mark: completed.mark, marks: false, overtaken: [], steps: [key], skipped: '', replayed: false };
    case 'replay':
      return replayed(completed, key, services);
    case 'stale':
      return nothing('stale');
    case 'behind':
      throw new Unprocessable('state_refused', `the state store answered ${completed.kind} where it cannot`);
  }
}

async function replayed({ events: bytes, marks }: Replay, key: string, services: Services): Promise<StepResult> {
  if (bytes.length === 0) return { ...withoutEvents(marks), replayed: true };
  const events = await decodeEvents(bytes, services);
  return { events, mark: null, marks: false, overtaken: [], steps: [key], skipped: '', replayed: true };
}

interface Origin {
  orderId: string;
  causationId: string;
  version: number;
  status: OrderStatus | 'new';
}

/** Gives each draft its id, version, status and time, and checks that the state table allows the move. */
function encodeDrafts(drafts: readonly Draft[], origin: Origin, services: Services, now: number): EncodedEvent[] {
  let { version, status } = origin;
  return drafts.map((draft) => {
    const next = nextStatus(status, draft.type);
    if (!next) throw new Unprocessable('illegal_move', `${draft.type} cannot follow status ${status}`);
    version += 1;
    status = next;
    const event = {
      type: draft.type, eventId: eventIdOf(origin.causationId, draft.type, version), orderId: origin.orderId, version, status,
      occurredAt: now, causationId: origin.causationId, order: draft.order,
    } as AnyOrderEvent;
    return { event, bytes: services.codec.encode(draft.type, event) };
  });
}

const cancelDraft = (order: Order, mark: Mark): Draft<'CancelRequested'> => ({
  type: 'CancelRequested',
  order: { ...order, closure: { reason: mark.reason, detail: mark.detail } },
});

function contextOf(orderId: string, services: Services): Context {
  return { ...services.ports, settings: services.settings, now: services.now(), key: (effect) => `${orderId}:${effect}` };
}

/** An event is written once and has one record; it may reach its node in memory before that. A command or timer is told by its record too. */
const stepKey = (node: string, inputId: string, origin?: string): string => (origin ? `${node}:${inputId}@${origin}` : `${node}:${inputId}`);

function behind(event: AnyOrderEvent): Error {
  if (isGenuine(event)) return new StateBehind(event.orderId, event.eventId);
  return new Unprocessable('forged_event', 'the event names an order version that does not exist, and its id does not follow from its cause');
}

async function decodeEvents(encoded: readonly Buffer[], services: Services): Promise<EncodedEvent[]> {
  const events: EncodedEvent[] = [];
  for (const bytes of encoded) events.push({ event: await decodeEvent(bytes, services), bytes });
  return events;
}

async function decodeEvent(bytes: Buffer, services: Services): Promise<AnyOrderEvent> {
  return (await services.codec.decode(bytes)).record as AnyOrderEvent;
}

function commandOf(input: DecodedRecord): OrderCommand {
  if (input.name !== 'OrderCommand') throw new Unreadable('wrong_record', `expected OrderCommand, found ${input.name}`);
  const command = input.record as OrderCommand;
  if (!command.commandId || !command.orderId) throw new Unreadable('incomplete_command', 'commandId and orderId must not be empty');
  if (!command[command.kind]) throw new Unreadable('incomplete_command', `a ${command.kind} command must carry \`${command.kind}\``);
  return command;
}

function eventOf(input: DecodedRecord, node: ProcessorNode): AnyOrderEvent {
  if (!node.on.includes(input.name as EventType)) throw new Unprocessable('wrong_record', `${node.name} does not take ${input.name}`);
  return input.record as AnyOrderEvent;
}

interface InterruptRecord {
  orderId: string;
  causationId: string;
  input: OrderCommand | TimerFired;
}

function interruptOf(input: DecodedRecord, node: InterruptNode): InterruptRecord | null {
  if (input.name === 'TimerFired') {
    const timer = input.record as TimerFired;
    return timer.kind === node.accepts ? { orderId: timer.orderId, causationId: timer.timerId, input: timer } : null;
  }
  const command = commandOf(input);
  return command.kind === node.accepts ? { orderId: command.orderId, causationId: command.commandId, input: command } : null;
}

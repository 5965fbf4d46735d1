import type { Ports } from '../../connectors/ports/index.ts';
import type { Context, Draft } from '../../processors/processor.ts';
import type { Settings } from '../../processors/settings.ts';
import type { Codec, DecodedRecord } from '../../schemas/codec.ts';
import type { AnyOrderEvent, EventType, Order, OrderCommand, TimerFired } from '../../schemas/types.ts';
import type { FlowNode, InterruptNode, OpenerNode, ProcessorNode } from '../define.ts';
import { nextStatus, restsAfter, type OrderStatus } from '../order-states.ts';
import { StateBehind, Unprocessable } from './errors.ts';
import { eventIdOf, isGenuine } from './event-id.ts';
import type { Completed, Mark, OrderState } from './state.ts';

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

const MAX_RACES = 20;

const nothing = (skipped: StepResult['skipped']): StepResult => ({ events: [], mark: null, marks: false, steps: [], skipped, replayed: false });

/**
 * The one seam between the flow and whatever delivers records: takes a decoded record through one node. The Kafka session and the test
 * driver both call it. Throws as `Context` says; StateLost, StateUnavailable and StateBehind concern the whole store.
 */
export function step(node: FlowNode, input: DecodedRecord, services: Services, known?: Known): Promise<StepResult> {
  switch (node.kind) {
    case 'opener':
      return open(node, input, services);
    case 'processor':
      return advance(node, input, services, known);
    case 'interrupt':
      return interrupt(node, input, services);
  }
}

async function open(node: OpenerNode, input: DecodedRecord, services: Services): Promise<StepResult> {
  const command = commandOf(input);
  if (command.kind !== node.accepts) return nothing('not_for_this_node');
  const { orderId, commandId } = command;
  const run = async (cancelled: boolean): Promise<{ events: EncodedEvent[]; completed: Completed }> => {
    const context = { ...contextOf(orderId, services), cancelled };
    const events = encodeDrafts(await node.run(command, context), { orderId, causationId: commandId, version: 0, status: 'new' }, services, context.now);
    const completed = await complete(node.name, commandId, 0, events, services, { refuseMarked: !cancelled, clearsMark: cancelled });
    return { events, completed };
  };
  let { events, completed } = await run(false);
  if (completed.kind === 'marked') ({ events, completed } = await run(true));
  return settle(completed, events, stepKey(node.name, commandId), services);
}

async function advance(node: ProcessorNode, input: DecodedRecord, services: Services, known?: Known): Promise<StepResult> {
  const event = eventOf(input, node);
  const key = stepKey(node.name, event.eventId);
  const mark = known ? known.mark : null;
  if (mark && node.divertible) return divert(node, event, mark, services);
  if (!known && node.uses.length > 0) {
    const begun = await services.state.begin(event.orderId, key, event.version, node.divertible);
    if (begun.kind === 'replay') return actOnMarkAtRest(node, await replayed(begun.events, key, services), services);
    if (begun.kind === 'stale') return nothing('stale');
    if (begun.kind === 'behind') throw behind(event);
    if (begun.kind === 'marked') return divert(node, event, begun.mark, services);
  }
  const context = contextOf(event.orderId, services);
  const drafts = await node.run(event, context);
  const events = encodeDrafts(drafts, { ...event, causationId: event.eventId, status: event.status as OrderStatus }, services, context.now);
  const pure = node.uses.length === 0;
  const completed = await complete(node.name, event.eventId, event.version, events, services, { refuseMarked: pure && node.divertible, clearsMark: !node.divertible });
  if (completed.kind === 'marked') return divert(node, event, completed.mark, services);
  if (completed.kind === 'behind') throw behind(event);
  return actOnMarkAtRest(node, await settle(completed, events, key, services), services);
}

/** A cancel mark found before the step had any effect: the order is cancelled from where it stands. */
async function divert(node: ProcessorNode, event: AnyOrderEvent, mark: Mark, services: Services): Promise<StepResult> {
  const events = encodeDrafts([cancelDraft(event.order, mark)], { ...event, causationId: mark.causationId, status: event.status as OrderStatus }, services, services.now());
  const completed = await complete(node.name, event.eventId, event.version, events, services, { refuseMarked: false, clearsMark: true });
  if (completed.kind === 'behind') throw behind(event);
  return settle(completed, events, stepKey(node.name, event.eventId), services);
}

/** The step brought the order to rest: no next step would see a mark that lies on it, so it is answered here, as a step of its own. */
async function actOnMarkAtRest(node: ProcessorNode, result: StepResult, services: Services): Promise<StepResult> {
  const last = result.events.at(-1)?.event;
  if (!last || !restsAfter(last.type, last.status as OrderStatus)) return result;
  const key = stepKey(node.name, last.eventId);
  const begun = await services.state.begin(last.orderId, key, last.version, true);
  if (begun.kind === 'replay') return followedBy(result, await replayed(begun.events, key, services));
  if (begun.kind !== 'marked' || nextStatus(last.status as OrderStatus, 'CancelRequested') === null) return { ...result, mark: null };
  return followedBy(result, await divert(node, last, begun.mark, services));
}

const followedBy = (first: StepResult, second: StepResult): StepResult => ({
  ...second,
  skipped: '',
  events: [...first.events, ...second.events],
  steps: [...first.steps, ...second.steps],
});

async function interrupt(node: InterruptNode, input: DecodedRecord, services: Services): Promise<StepResult> {
  const record = interruptOf(input, node);
  if (!record) return nothing('not_for_this_node');
  const { orderId, causationId } = record;
  const key = stepKey(node.name, causationId);
  const begun = await services.state.begin(orderId, key, 0, false);
  if (begun.kind === 'replay') return replayed(begun.events, key, services);
  for (let race = 0; race < MAX_RACES; race += 1) {
    const { head } = await services.state.read(orderId);
    const last = head ? await decodeEvent(head.event, services) : null;
    const context = contextOf(orderId, services);
    const current = head && last ? { status: head.status, version: head.version, atRest: head.atRest, order: last.order } : null;
    const outcome = await node.run(record.input, current, context);
    if (outcome.kind === 'none') return nothing('too_late');
    if (outcome.kind === 'mark') {
      const mark = { causationId, reason: outcome.reason, detail: outcome.detail };
      if ((await services.state.mark(orderId, head?.version ?? 0, mark)) === 'marked') return { ...nothing('marked'), marks: true };
      continue;
    }
    if (!last) throw new Unprocessable('order_unknown', 'an interrupt cannot move an order that does not exist');
    const events = encodeDrafts(outcome.drafts, { ...last, causationId, status: last.status as OrderStatus }, services, context.now);
    const completed = await complete(node.name, causationId, last.version, events, services, { refuseMarked: false, clearsMark: true });
    if (completed.kind !== 'stale') return settle(completed, events, key, services);
  }
  throw new Unprocessable('order_too_busy', `the order moved ${MAX_RACES} times while ${node.name} tried to meet it`);
}

function complete(
  node: string, inputId: string, fromVersion: number, events: EncodedEvent[], services: Services,
  flags: { refuseMarked: boolean; clearsMark: boolean },
): Promise<Completed> {
  const last = events.at(-1);
  if (!last) throw new Unprocessable('no_event', `${node} returned no event`);
  const { event } = last;
  const hold = event.order.hold;
  return services.state.complete({
    orderId: event.orderId,
    step: stepKey(node, inputId),
    fromVersion,
    ...flags,
    events: events.map(({ bytes }) => bytes),
    head: { version: event.version, status: event.status, atRest: restsAfter(event.type, event.status as OrderStatus) },
    timer: hold?.state === 'held' ? { kind: 'hold_expiry', dueAt: hold.expiresAt } : null,
  });
}

async function settle(completed: Completed, events: EncodedEvent[], key: string, services: Services): Promise<StepResult> {
  switch (completed.kind) {
    case 'done':
      return { events, mark: completed.mark, marks: false, steps: [key], skipped: '', replayed: false };
    case 'replay':
      return replayed(completed.events, key, services);
    case 'stale':
      return nothing('stale');
    case 'marked':
    case 'behind':
      throw new Unprocessable('state_refused', `the state store answered ${completed.kind} where it cannot`);
  }
}

async function replayed(bytes: readonly Buffer[], key: string, services: Services): Promise<StepResult> {
  const events: EncodedEvent[] = [];
  for (const each of bytes) events.push({ event: await decodeEvent(each, services), bytes: each });
  return { events, mark: null, marks: false, steps: [key], skipped: '', replayed: true };
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

const stepKey = (node: string, inputId: string): string => `${node}:${inputId}`;

function behind(event: AnyOrderEvent): Error {
  if (isGenuine(event)) return new StateBehind(event.orderId, event.eventId);
  return new Unprocessable('forged_event', 'the event names an order version that does not exist, and its id does not follow from its cause');
}

async function decodeEvent(bytes: Buffer, services: Services): Promise<AnyOrderEvent> {
  return (await services.codec.decode(bytes)).record as AnyOrderEvent;
}

function commandOf(input: DecodedRecord): OrderCommand {
  if (input.name !== 'OrderCommand') throw new Unprocessable('wrong_record', `expected OrderCommand, found ${input.name}`);
  const command = input.record as OrderCommand;
  if (!command.commandId || !command.orderId) throw new Unprocessable('incomplete_command', 'commandId and orderId must not be empty');
  if (!command[command.kind]) throw new Unprocessable('incomplete_command', `a ${command.kind} command must carry \`${command.kind}\``);
  return command;
}

function eventOf(input: DecodedRecord, node: ProcessorNode): AnyOrderEvent {
  if (!node.on.includes(input.name as EventType)) throw new Unprocessable('wrong_record', `${node.name} does not take ${input.name}`);
  return input.record as AnyOrderEvent;
}

function interruptOf(input: DecodedRecord, node: InterruptNode): { orderId: string; causationId: string; input: OrderCommand | TimerFired } | null {
  if (input.name === 'TimerFired') {
    const timer = input.record as TimerFired;
    return timer.kind === node.accepts ? { orderId: timer.orderId, causationId: timer.timerId, input: timer } : null;
  }
  const command = commandOf(input);
  return command.kind === node.accepts ? { orderId: command.orderId, causationId: command.commandId, input: command } : null;
}

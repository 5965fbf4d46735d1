import { setTimeout as sleep } from 'node:timers/promises';
import { COMMANDS_TOPIC, CHANGELOG_TOPIC, topicOf } from '../topics.ts';
import { Undecodable } from '../../schemas/codec.ts';
import type { FlowNode } from '../define.ts';
import { cancelKey, orderKey, overtakenKey } from './changelog-keys.ts';
import { runChain, type ChainMap, type ChainResult, type SlowNodes } from './chain.ts';
import { deadLetter, originHeaders, originOf, type OutgoingRecord, type RawRecord } from './dead-letter.ts';
import { kindOf, StateBehind, StateUnavailable, StepOverdue, Unprocessable, Unreadable } from './errors.ts';
import { CHAINED_TO, eventHeaders, headerText, TRACEPARENT } from './headers.ts';
import type { PipelineMetrics } from './metrics.ts';
import { attemptsOf, putOff } from './retry.ts';
import type { Services } from './services.ts';

/** Longest wait for a step handed on in memory, and for one at its own topic, ms. Generous: a busy machine is no reason to give up a chain. */
const CHAINED_DEADLINE_MS = 2_000;
const OWN_DEADLINE_MS = 5_000;
const FIRST_BACKOFF_MS = 50;

export interface RecordWork {
  outgoing: OutgoingRecord[];
  /** Journal entries to forget after the commit. */
  steps: { orderId: string; steps: string[] } | null;
  /** Steps answered from the journal. */
  replayed: number;
}

export interface WorkDeps {
  services: Services;
  chain: ChainMap;
  slow: SlowNodes;
  metrics: PipelineMetrics;
  /** Rebuilds the state store because it is behind `eventId`; false when it was rebuilt for that event before. */
  recoverFrom: (eventId: string) => Promise<boolean>;
}

const IDLE: RecordWork = { outgoing: [], steps: null, replayed: 0 };

/** Whether the node has anything to do with the record at all. Cheap: reads no value. */
export const isPassedOver = (node: FlowNode, record: RawRecord): boolean => headerText(record.headers, CHAINED_TO) === node.name;

/** All that one record causes: events and changelog, or its place in the retry topic, or its dead letter. Throws for faults of the state store only. */
export async function workOn(node: FlowNode, record: RawRecord, deps: WorkDeps): Promise<RecordWork> {
  if (isPassedOver(node, record)) return IDLE;
  try {
    return await process(node, record, deps);
  } catch (error) {
    if (error instanceof StateBehind && !(await deps.recoverFrom(error.eventId))) {
      return bury(node, record, new Unprocessable('order_unknown', 'no state of the order exists, also after a rebuild'), deps);
    }
    switch (kindOf(error)) {
      case 'state':
        throw error;
      case 'passing':
        deps.metrics.putOff.inc({ node: node.name });
        if (node.uses.length === 0) throw new StateUnavailable('a fault passed through a node that uses nothing', { cause: error });
        return { outgoing: [putOff(node.name, record, error, deps.services.now())], steps: null, replayed: 0 };
      case 'permanent':
        return bury(node, record, error, deps);
    }
  }
}

function bury(node: FlowNode, record: RawRecord, error: unknown, deps: WorkDeps): RecordWork {
  if (!buries(node, record, error)) return IDLE;
  deps.metrics.deadLetters.inc({ node: node.name });
  return { outgoing: [deadLetter(node.name, record, error, attemptsOf(record) + 1, deps.services.now())], steps: null, replayed: 0 };
}

/**
 * Several nodes read each command. What none of them can read the opener buries, alone, also where another has put it off before. What a node
 * cannot do about a command that it takes is its own.
 */
function buries(node: FlowNode, record: RawRecord, error: unknown): boolean {
  const isUnreadable = error instanceof Unreadable || error instanceof Undecodable;
  return node.kind === 'opener' || !isUnreadable || originHeaders(record)['x-orig-topic'] !== COMMANDS_TOPIC;
}

async function process(node: FlowNode, record: RawRecord, deps: WorkDeps): Promise<RecordWork> {
  if (!record.value) throw new Unreadable('empty_value', 'the record has no value');
  const input = await deps.services.codec.decode(record.value);
  const result = await withRetries(deps.services.settings.stepRetries, () =>
    runChain(node, input, deps.services, {
      origin: originOf(record),
      chain: deps.chain,
      slow: deps.slow,
      stepDeadlineMs: OWN_DEADLINE_MS,
      chainedDeadlineMs: CHAINED_DEADLINE_MS,
      observe: (each, outcome, seconds) => {
        deps.metrics.steps.inc({ node: each.name, outcome });
        deps.metrics.stepSeconds.observe({ node: each.name }, seconds);
      },
    }),
  );
  return { outgoing: outgoingOf(node, result, record), steps: stepsOf(result), replayed: result.replayed };
}

/** Tries again in place what fails in passing, a few times and briefly; a step that hangs is not worth waiting for again. */
async function withRetries<T>(retries: number, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (kindOf(error) !== 'passing' || error instanceof StepOverdue || attempt > retries) throw error;
      await sleep(FIRST_BACKOFF_MS * 2 ** (attempt - 1));
    }
  }
}

function outgoingOf(node: FlowNode, result: ChainResult, record: RawRecord): OutgoingRecord[] {
  const traceparent = headerText(record.headers, TRACEPARENT);
  const outgoing: OutgoingRecord[] = result.events.map(({ event, bytes, source, chainedTo }) => {
    const headers = eventHeaders(event, source, traceparent);
    if (chainedTo) headers[CHAINED_TO] = chainedTo;
    return { topic: topicOf(event.type), key: event.orderId, value: bytes, headers };
  });
  const last = result.events.at(-1);
  const log = (key: string, value: Buffer | null): number => outgoing.push({ topic: CHANGELOG_TOPIC, key, value, headers: {} });
  if (last) log(orderKey(last.event), last.bytes);
  if (result.keepsInput) log(cancelKey(result.orderId, node.name), record.value);
  for (const { step, events } of result.overtaken) {
    for (const { event, bytes } of events) log(overtakenKey(event, step), bytes);
  }
  return outgoing;
}

function stepsOf(result: ChainResult): RecordWork['steps'] {
  const orderId = result.events[0]?.event.orderId;
  return orderId && result.steps.length > 0 ? { orderId, steps: result.steps } : null;
}

import type { DecodedRecord } from '../../schemas/codec.ts';
import type { EventType } from '../../schemas/types.ts';
import type { Flow, FlowNode, ProcessorNode } from '../define.ts';
import { kindOf, StepOverdue } from './errors.ts';
import { step, type EncodedEvent, type Known, type Services, type StepResult } from './step.ts';

/** An event on its way to its topic. */
export interface ChainedEvent extends EncodedEvent {
  /** Node that emitted it. */
  source: string;
  /** Node that has processed it already, in the same transaction. */
  chainedTo: string | null;
}

export interface ChainResult {
  events: ChainedEvent[];
  /** Journal keys to forget once the events are committed. */
  steps: string[];
  /** The input left a cancel mark on this order. */
  marks: boolean;
  orderId: string;
  skipped: StepResult['skipped'];
}

/** Which node of this process takes an event on in memory. */
export type ChainMap = ReadonlyMap<EventType, ProcessorNode>;

export const NO_CHAIN: ChainMap = new Map();

/** The processors among the nodes of one process, by the events they take. */
export function chainOf(flow: Flow, deployed: (node: FlowNode) => boolean): ChainMap {
  const chain = new Map<EventType, ProcessorNode>();
  for (const node of flow.nodes) {
    if (node.kind !== 'processor' || !deployed(node)) continue;
    for (const type of node.on) chain.set(type, node);
  }
  return chain;
}

/** Nodes that kept a chain waiting too long: for a while their events are left to their own consumers, so that nobody waits behind them. */
export class SlowNodes {
  readonly #until = new Map<string, number>();

  note(node: FlowNode, now = Date.now()): void {
    this.#until.set(node.name, now + LEFT_ALONE_MS);
  }

  has(node: FlowNode, now = Date.now()): boolean {
    return (this.#until.get(node.name) ?? 0) > now;
  }
}

const LEFT_ALONE_MS = 10_000;

/** Whether all who emit what the node takes are deployed beside it, so that it meets its events in memory. */
export function isFed(flow: Flow, deployed: (node: FlowNode) => boolean, node: FlowNode): boolean {
  if (node.kind !== 'processor') return false;
  return flow.nodes.every((each) => deployed(each) || !each.emits.some((type) => node.on.includes(type)));
}

export interface ChainOptions {
  chain: ChainMap;
  slow: SlowNodes;
  /** Longest wait for the first step and for each that follows it in memory, ms. The step itself is not cut off. */
  stepDeadlineMs: number;
  chainedDeadlineMs: number;
  observe: (node: FlowNode, outcome: string, seconds: number) => void;
}

/**
 * Takes a record through its node and, in memory, through the nodes of this process that follow. Where a following node fails or is slow,
 * the chain ends: its event goes to the topic as it is, and the node meets it there with its own patience. Faults of the first node are the
 * caller's.
 */
export async function runChain(node: FlowNode, input: DecodedRecord, services: Services, options: ChainOptions): Promise<ChainResult> {
  const first = await timed(node, input, services, options, options.stepDeadlineMs);
  const result: ChainResult = { events: [], steps: [...first.steps], marks: first.marks, orderId: (input.record as { orderId: string }).orderId, skipped: first.skipped };
  let source = node.name;
  let current = first;
  for (;;) {
    for (const each of current.events) result.events.push({ ...each, source, chainedTo: null });
    const last = result.events.at(-1);
    const next = current.events.length > 0 && last ? options.chain.get(last.event.type) : undefined;
    if (!last || !next || options.slow.has(next)) return result;
    const followed = await follow(next, last, knownAfter(current), services, options);
    if (!followed) return result;
    last.chainedTo = next.name;
    result.steps.push(...followed.steps);
    source = next.name;
    current = followed;
  }
}

/** After a fresh completion the next step need not ask the store again; after a replay it must. */
const knownAfter = (result: StepResult): Known | undefined => (result.replayed ? undefined : { mark: result.mark });

async function follow(node: ProcessorNode, event: ChainedEvent, known: Known | undefined, services: Services, options: ChainOptions): Promise<StepResult | null> {
  const input = { name: event.event.type, schemaId: 0, record: event.event } as DecodedRecord;
  try {
    const result = await timed(node, input, services, options, options.chainedDeadlineMs, known);
    return result.skipped === '' ? result : null;
  } catch (error) {
    if (kindOf(error) === 'state') throw error;
    if (error instanceof StepOverdue) options.slow.note(node);
    return null;
  }
}

async function timed(node: FlowNode, input: DecodedRecord, services: Services, options: ChainOptions, deadlineMs: number, known?: Known): Promise<StepResult> {
  const started = performance.now();
  let outcome = 'failed';
  try {
    const result = await within(step(node, input, services, known), deadlineMs, node.name);
    outcome = result.skipped || (result.replayed ? 'replayed' : 'done');
    return result;
  } finally {
    options.observe(node, outcome, (performance.now() - started) / 1000);
  }
}

/** Waits no longer than `ms`; the work goes on, and its result reaches the journal. */
function within<T>(work: Promise<T>, ms: number, node: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new StepOverdue(`${node} took longer than ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

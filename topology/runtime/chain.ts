import type { PortName } from '../../connectors/ports/index.ts';
import type { DecodedRecord, EncodedEvent } from '../../schemas/codec.ts';
import type { EventType } from '../../schemas/types.ts';
import { NEEDS_NO_COMPENSATION, type Flow, type FlowNode, type ProcessorNode } from '../define.ts';
import { kindOf, StepOverdue } from './errors.ts';
import { OUTSIDE_PORTS } from './failpoints.ts';
import type { Services } from './services.ts';
import type { StepResult } from './step-result.ts';
import { extend, prepare, settle, type Known, type Prepared, type Settled } from './step.ts';

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
  /** Whether the input goes to the changelog, as one that concerns this order. */
  keepsInput: boolean;
  overtaken: StepResult['overtaken'];
  orderId: string;
  skipped: StepResult['skipped'];
  /** Steps answered from the journal: an earlier run had them done, and did not come to commit them. */
  replayed: number;
}

/** Which node of this process takes an event on in memory. */
export type ChainMap = ReadonlyMap<EventType, ProcessorNode>;

export const NO_CHAIN: ChainMap = new Map();

/** The processors among the nodes of one process that take events in memory, by the events they take. */
export function chainOf(flow: Flow, deployed: (node: FlowNode) => boolean): ChainMap {
  const chain = new Map<EventType, ProcessorNode>();
  for (const node of flow.nodes) {
    if (!canFollow(node) || !deployed(node)) continue;
    for (const type of node.on) chain.set(type, node);
  }
  return chain;
}

/**
 * What gives back only acts on an event that is committed. Seats given back before, and sold to another order whose events are committed first,
 * would after a loss of the store be the first order's again, which goes on as if nothing had been.
 */
const canFollow = (node: FlowNode): node is ProcessorNode => node.kind === 'processor' && !node.compensates?.length;

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
  if (!canFollow(node)) return false;
  return flow.nodes.every((each) => deployed(each) || !each.emits.some((type) => node.on.includes(type)));
}

export interface ChainOptions {
  /** Names the record the chain begins with, as `originOf` does. */
  origin: string;
  chain: ChainMap;
  slow: SlowNodes;
  /** Longest wait for the first step and for each that follows it in memory, ms. The step itself is not cut off. */
  stepDeadlineMs: number;
  chainedDeadlineMs: number;
  observe: (node: FlowNode, outcome: string, seconds: number) => void;
}

const OUTSIDE: ReadonlySet<PortName> = new Set(OUTSIDE_PORTS);

const actsOutside = (node: FlowNode): boolean => node.uses.some((port) => OUTSIDE.has(port));
const leavesSomethingToGiveBack = (node: FlowNode): boolean => node.uses.some((port) => !(port in NEEDS_NO_COMPENSATION));

/**
 * Takes a record through its node and, in memory, through the nodes of this process that follow. Where a following node fails or is slow,
 * the chain ends: its event goes to the topic as it is, and the node meets it there with its own patience. Faults of the first node are the
 * caller's.
 *
 * Results go to the store stretch by stretch: several steps in one call, as all their effects are idempotent and nothing of them is
 * committed before. But an effect that may have to be given back is only made once the store holds what led to it: whoever cancels the order
 * then knows what to look for, and two runs of one record, which may find different seats left, never pay for both. Beyond the first effect
 * outside, all that follows is given back together, and one write at the end will do.
 */
export async function runChain(node: FlowNode, input: DecodedRecord, services: Services, options: ChainOptions): Promise<ChainResult> {
  const chain = new ChainRun(node, input, services, options);
  return chain.run();
}

class ChainRun {
  readonly #services: Services;
  readonly #options: ChainOptions;
  readonly #first: FlowNode;
  readonly #input: DecodedRecord;
  readonly #result: ChainResult;
  /** A node that failed or was slow: the chain ends before it. */
  #stoppedBefore: FlowNode | null = null;

  constructor(node: FlowNode, input: DecodedRecord, services: Services, options: ChainOptions) {
    this.#services = services;
    this.#options = options;
    this.#first = node;
    this.#input = input;
    this.#result = { events: [], steps: [], keepsInput: false, overtaken: [], orderId: (input.record as { orderId: string }).orderId, skipped: '', replayed: 0 };
  }

  async run(): Promise<ChainResult> {
    const { stepDeadlineMs, origin } = this.#options;
    const prepared = await this.#timed(this.#first, stepDeadlineMs, () => prepare(this.#first, this.#input, this.#services, { origin }));
    let settled = await this.#stretch(this.#first, prepared);
    this.#result.keepsInput = settled.keepsInput;
    this.#result.overtaken = settled.overtaken;
    this.#result.skipped = settled.skipped;
    for (let next = this.#next(); next && settled.events.length > 0; next = this.#next()) {
      const started = await this.#start(next, knownAfter(settled));
      if (!started) break;
      settled = await this.#stretch(next, started);
      if (settled.skipped !== '') break;
    }
    return this.#result;
  }

  /** Prepares the first step of a further stretch. */
  async #start(node: ProcessorNode, known: Known | undefined): Promise<Prepared | Settled | null> {
    const encoded = this.#result.events.at(-1) as ChainedEvent;
    const input = { name: encoded.event.type, schemaId: 0, record: encoded.event } as DecodedRecord;
    return this.#orStop(node, () => prepare(node, input, this.#services, { origin: this.#options.origin, encoded, ...(known && { known }) }));
  }

  /** Adds following steps as long as they need nothing of the store, then settles them together. */
  async #stretch(node: FlowNode, begun: Prepared | Settled): Promise<StepResult> {
    if (begun.kind === 'settled') return this.#take(node, begun.result);
    const takers: FlowNode[] = begun.events.map(() => node);
    let prepared = begun;
    for (;;) {
      const before = prepared;
      const next = this.#takerOf(before.events.at(-1));
      if (!next || (leavesSomethingToGiveBack(next) && !actsOutside(node))) break;
      const longer = await this.#orStop(next, () => extend(before, next, this.#services));
      if (!longer) break;
      takers.push(...longer.events.slice(before.events.length).map(() => next));
      prepared = longer;
    }
    return this.#take(node, await settle(prepared, this.#services), takers);
  }

  /** Puts settled events to the result; `sources` names who emitted each where this run knows. */
  #take(node: FlowNode, settled: StepResult, sources: readonly FlowNode[] = []): StepResult {
    const { events } = this.#result;
    const previous = events.at(-1);
    if (previous && settled.events.length > 0) previous.chainedTo = node.name;
    let source = node;
    settled.events.forEach((each, index) => {
      source = sources[index] ?? source;
      const following = settled.events[index + 1];
      const taker = this.#options.chain.get(each.event.type);
      const chainedTo = following && taker && following.event.causationId === each.event.eventId ? taker.name : null;
      events.push({ ...each, source: source.name, chainedTo });
      if (taker) source = taker;
    });
    this.#result.steps.push(...settled.steps);
    if (settled.replayed) this.#result.replayed += 1;
    return settled;
  }

  /** Who of this process goes on with the newest settled event. */
  #next(): ProcessorNode | undefined {
    return this.#takerOf(this.#result.events.at(-1));
  }

  #takerOf(last: EncodedEvent | undefined): ProcessorNode | undefined {
    const taker = last && this.#options.chain.get(last.event.type);
    return taker && taker !== this.#stoppedBefore && !this.#options.slow.has(taker) ? taker : undefined;
  }

  async #orStop<T>(node: ProcessorNode, work: () => Promise<T>): Promise<T | null> {
    try {
      return await this.#timed(node, this.#options.chainedDeadlineMs, work);
    } catch (error) {
      if (kindOf(error) === 'state') throw error;
      if (error instanceof StepOverdue) this.#options.slow.note(node);
      this.#stoppedBefore = node;
      return null;
    }
  }

  async #timed<T>(node: FlowNode, deadlineMs: number, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    let outcome = 'failed';
    try {
      const done = await within(work(), deadlineMs, node.name);
      outcome = outcomeOf(done);
      return done;
    } finally {
      this.#options.observe(node, outcome, (performance.now() - started) / 1000);
    }
  }
}

const outcomeOf = (done: unknown): string => {
  const settled = done as Prepared | Settled;
  if (settled.kind !== 'settled') return 'done';
  return settled.result.skipped || (settled.result.replayed ? 'replayed' : 'done');
};

/** After a fresh completion the next step need not ask the store again; after a replay it must. */
const knownAfter = (result: StepResult): Known | undefined => (result.replayed ? undefined : { mark: result.mark });

/** Waits no longer than `ms`; the work goes on, and its result reaches the journal. */
function within<T>(work: Promise<T>, ms: number, node: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new StepOverdue(`${node} took longer than ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

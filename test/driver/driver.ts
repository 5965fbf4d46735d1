import type { Ports } from '../../connectors/ports/index.ts';
import type { Settings } from '../../processors/settings.ts';
import type { DecodedRecord } from '../../schemas/codec.ts';
import type { AnyOrderEvent, EventType, OrderCommand, OrderEvent } from '../../schemas/types.ts';
import type { Flow, FlowNode } from '../../topology/define.ts';
import { inputsOf, topicOf } from '../../topology/topics.ts';
import { chainOf, NO_CHAIN, SlowNodes, type ChainMap } from '../../topology/runtime/chain.ts';
import type { OutgoingRecord, RawRecord } from '../../topology/runtime/dead-letter.ts';
import { pipelineMetrics } from '../../topology/runtime/metrics.ts';
import { kindOf } from '../../topology/runtime/errors.ts';
import { workOn, type RecordWork, type WorkDeps } from '../../topology/runtime/record-work.ts';
import { stillToWaitMs } from '../../topology/runtime/retry.ts';
import type { OrderState } from '../../topology/runtime/state.ts';
import { timerFired } from '../../topology/runtime/timers.ts';
import { Registry } from 'prom-client';
import { checkedCodec } from './checked-codec.ts';
import { COMMANDS_TOPIC, TIMERS_TOPIC } from '../../topology/topics.ts';

export interface DriverOptions {
  ports: Ports;
  state: OrderState;
  settings: Settings;
  /** Start of the virtual clock, ms. */
  startAt?: number;
  /** Hand events on in memory, as one process with all nodes does; otherwise every event goes through its topic. */
  chained?: boolean;
}

/**
 * Runs the real flow without servers: real processors, real Avro bytes, the real step, chain, retry and dead-letter code. What it stands in
 * for is Kafka: topics are arrays, every node reads them from its own position, and a record's outputs become visible all at once.
 *
 * - `pipe(command)` puts a command on its topic; `run()` lets all nodes work until nothing is left to do.
 * - `events(orderId)` reads what came out; `deadLetters(node)` what could not be processed.
 * - `advance(ms)` moves the clock; due timers fire, records put off come due.
 * - `runFenced(node, ...)` runs a node a second time, side by side, as its former owner does.
 * - `crashOnce(node)` throws away the next result of a node before its commit: effects and journal stay, outputs and position do not.
 *
 * Not simulated: partitions, rebalances, transactions of several records, time that passes by itself.
 */
export function driver(flow: Flow, options: DriverOptions) {
  return new Driver(flow, options);
}

export class Driver {
  readonly #flow: Flow;
  readonly #deps: WorkDeps;
  readonly #chain: ChainMap;
  readonly #topics = new Map<string, RawRecord[]>();
  readonly #positions = new Map<string, number>();
  readonly #crashes = new Map<string, number>();
  readonly codec = checkedCodec();
  readonly state: OrderState;
  now: number;

  constructor(flow: Flow, options: DriverOptions) {
    this.#flow = flow;
    this.state = options.state;
    this.now = options.startAt ?? Date.now();
    this.#chain = options.chained ? chainOf(flow, () => true) : NO_CHAIN;
    this.#deps = {
      services: { state: options.state, ports: options.ports, codec: this.codec, settings: options.settings, now: () => this.now },
      chain: this.#chain,
      slow: new SlowNodes(),
      metrics: pipelineMetrics(new Registry()),
      recoverFrom: async () => false,
    };
  }

  pipe(command: OrderCommand): void {
    this.pipeBytes(COMMANDS_TOPIC, command.orderId, this.codec.encode('OrderCommand', command));
  }

  /** Puts any bytes on any topic. */
  pipeBytes(topic: string, key: string, value: Buffer | null): void {
    this.#append({ topic, key, value, headers: {} });
  }

  /** Runs every node until no record is left that is due. `pick` chooses the next node among those with work; the first by default. */
  async run(pick: (ready: FlowNode[]) => FlowNode | Promise<FlowNode> = (ready) => ready[0] as FlowNode): Promise<void> {
    for (;;) {
      const ready = this.#flow.nodes.filter((node) => this.#next(node) !== null);
      if (ready.length === 0) return;
      await this.runOne(await pick(ready));
    }
  }

  /** Takes the next due record of the node through it; false when there is none. */
  async runOne(node: FlowNode): Promise<boolean> {
    const next = this.#next(node);
    if (!next) return false;
    const work = await this.#work(node, next.record);
    if (!work) return true;
    const crashes = this.#crashes.get(node.name) ?? 0;
    if (crashes > 0) {
      this.#crashes.set(node.name, crashes - 1);
      return true;
    }
    for (const record of work.outgoing) this.#append(record);
    this.#positions.set(next.position, next.index + 1);
    if (work.steps) await this.state.trim([work.steps]);
    return true;
  }

  /** A store that cannot be reached stops the record where it is: it is read again, as a session does. */
  async #work(node: FlowNode, record: RawRecord): Promise<RecordWork | null> {
    try {
      return await workOn(node, record, this.#deps);
    } catch (error) {
      if (kindOf(error) !== 'state') throw error;
      return null;
    }
  }

  /** The node's next `times` results are lost before they are committed. */
  crashOnce(node: string, times = 1): void {
    this.#crashes.set(node, times);
  }

  /**
   * Takes the node's next record through it as an owner does that has lost the partition and does not know: whatever it does, it never
   * commits. `lag` says when its calls reach the store. Null when the node has no record.
   */
  runFenced(node: FlowNode, lag: (state: OrderState) => OrderState): Promise<void> | null {
    const next = this.#next(node);
    if (!next) return null;
    const services = { ...this.#deps.services, state: lag(this.state) };
    return workOn(node, next.record, { ...this.#deps, services }).then(
      () => undefined,
      () => undefined,
    );
  }

  async advance(ms: number): Promise<void> {
    this.now += ms;
    for (const timer of await this.state.dueTimers(this.now, 1_000)) {
      this.#append({ topic: TIMERS_TOPIC, key: timer.orderId, value: this.codec.encode('TimerFired', timerFired(timer)), headers: {} });
      await this.state.disarm([timer]);
    }
    await this.run();
  }

  /** Everything on the topics of order events, or of one order, by version. */
  async events(orderId?: string): Promise<AnyOrderEvent[]> {
    const events: AnyOrderEvent[] = [];
    for (const [topic, records] of this.#topics) {
      if (!topic.startsWith('orders.') || topic === COMMANDS_TOPIC) continue;
      for (const { value } of records) {
        const { record } = await this.#decode(value as Buffer);
        if (!orderId || (record as AnyOrderEvent).orderId === orderId) events.push(record as AnyOrderEvent);
      }
    }
    return events.sort((one, other) => one.version - other.version);
  }

  async eventsOf<Type extends EventType>(type: Type): Promise<OrderEvent<Type>[]> {
    const records = this.#topics.get(topicOf(type)) ?? [];
    return Promise.all(records.map(async ({ value }) => (await this.#decode(value as Buffer)).record as OrderEvent<Type>));
  }

  records(topic: string): readonly RawRecord[] {
    return this.#topics.get(topic) ?? [];
  }

  deadLetters(node: string): readonly RawRecord[] {
    return this.records(`dlq.${node}.v1`);
  }

  async #decode(value: Buffer): Promise<DecodedRecord> {
    return this.codec.decode(value);
  }

  #next(node: FlowNode): { record: RawRecord; position: string; index: number } | null {
    for (const topic of inputsOf(node)) {
      const position = `${node.name}/${topic}`;
      const index = this.#positions.get(position) ?? 0;
      const record = this.#topics.get(topic)?.[index];
      if (record && stillToWaitMs(record, this.now, 0) === 0) return { record, position, index };
    }
    return null;
  }

  #append({ topic, key, value, headers }: OutgoingRecord): void {
    const records = this.#topics.get(topic) ?? [];
    this.#topics.set(topic, records);
    records.push({
      topic, partition: 0, offset: String(records.length), timestamp: String(this.now),
      key: key === null ? null : Buffer.from(key), value, headers,
    });
  }
}

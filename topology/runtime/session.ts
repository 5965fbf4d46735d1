import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { FlowNode } from '../define.ts';
import { groupOf } from '../topics.ts';
import type { OutgoingRecord, RawRecord } from './dead-letter.ts';
import { codeOf, messageOf } from './errors.ts';
import { failpoint, failpointBefore, isArmed } from './failpoint.ts';
import { fetchedOffsetOf, isFenced, sendOffsets, transactionalProducer, type Admin, type Consumer, type EachBatchPayload, type Kafka, type Producer } from './kafka.ts';
import { isPassedOver, workOn, type RecordWork, type WorkDeps } from './record-work.ts';
import { stillToWaitMs } from './retry.ts';
import { StateLost } from './state.ts';

export interface SessionDeps extends WorkDeps {
  kafka: Kafka;
  admin: Admin;
  consumer: Consumer;
  /** Prefix of transactional ids: separates environments that share a cluster. */
  environment: string;
  log: Logger;
  /** Called when the state store is empty; resolves once it is whole again. */
  recover: () => Promise<void>;
}

const CHUNK_RECORDS = 200;
const CONCURRENT_ORDERS = 32;
const LONGEST_BACKOFF_MS = 5_000;
const HEARTBEAT_EVERY_MS = 1_000;
/** Long enough for the group coordinator to have told us of a rebalance. */
const AFTER_FENCING_MS = 2_000;

/**
 * One partition of one input topic, for as long as this process owns it. Effects first; then one transaction with outputs and offset.
 * Any doubt about a transaction ends the producer: the next one starts by fencing it, and then reads the committed offset.
 */
export class PartitionSession {
  readonly #node: FlowNode;
  readonly #topic: string;
  readonly #partition: number;
  readonly #deps: SessionDeps;
  #producer: Producer | null = null;
  /** Offset after the last record passed over without a transaction; null when there is nothing to commit. */
  #passedOver: bigint | null = null;
  /** Where this assignment's reading began. Everything from there on went through this session in order. */
  #streamStart: bigint | null = null;
  #positionChecked = false;
  #wentBackTo: bigint | null = null;
  /** The record put off that this partition waits for, and when it was met first, by `performance.now()`. */
  #waitsFor: { offset: string; since: number } | null = null;
  #failures = 0;
  #busy: Promise<void> = Promise.resolve();

  constructor(node: FlowNode, topic: string, partition: number, deps: SessionDeps) {
    this.#node = node;
    this.#topic = topic;
    this.#partition = partition;
    this.#deps = deps;
  }

  /** Handles one fetched batch. Never throws for what a later try can mend: the unresolved rest is fetched again. */
  handle(payload: EachBatchPayload): Promise<void> {
    this.#busy = this.#busy.then(() => this.#handleBatch(payload));
    return this.#busy;
  }

  /** After a rebalance: the partition may have been somebody else's meanwhile, so the position is compared again before the next commit. */
  rejoined(): void {
    this.#streamStart = null;
    this.#positionChecked = false;
    this.#passedOver = null;
  }

  async #handleBatch(payload: EachBatchPayload): Promise<void> {
    const pump = setInterval(() => void payload.heartbeat().catch(() => undefined), HEARTBEAT_EVERY_MS);
    try {
      await this.#handleChunks(payload);
      this.#failures = 0;
    } catch (error) {
      await this.#afterFailure(error);
    } finally {
      clearInterval(pump);
    }
  }

  async #handleChunks(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    this.#streamStart ??= BigInt(fetchedOffsetOf(batch));
    failpoint(`${this.#node.name}.fetched`);
    for (let start = 0; start < batch.messages.length; start += CHUNK_RECORDS) {
      if (!payload.isRunning() || payload.isStale()) return;
      const records = batch.messages.slice(start, start + CHUNK_RECORDS).map((message) => this.#raw(message));
      const ready = this.#untilNotDue(records, payload);
      const last = ready.at(-1);
      if (!last) return;
      const committed = await this.#chunk(ready);
      if (!committed) return;
      payload.resolveOffset(last.offset);
      if (ready.length < records.length) return;
    }
    this.#deps.metrics.lag.set({ node: this.#node.name, topic: this.#topic, partition: this.#partition }, Number(batch.offsetLag()));
  }

  /** Records put off wait for their time in their own topic, whose partition is paused meanwhile. */
  #untilNotDue(records: RawRecord[], payload: EachBatchPayload): RawRecord[] {
    const now = this.#deps.services.now();
    const waiting = records.findIndex((record) => stillToWaitMs(record, now, this.#metForMs(record)) > 0);
    if (waiting < 0) return records;
    const record = records[waiting] as RawRecord;
    const resume = payload.pause();
    setTimeout(resume, stillToWaitMs(record, now, this.#metForMs(record))).unref();
    if (this.#waitsFor?.offset !== record.offset) this.#waitsFor = { offset: record.offset, since: performance.now() };
    return records.slice(0, waiting);
  }

  #metForMs({ offset }: RawRecord): number {
    return this.#waitsFor?.offset === offset ? performance.now() - this.#waitsFor.since : 0;
  }

  /** False when the batch turned out not to start where the group stands: it is then fetched again from there. */
  async #chunk(records: RawRecord[]): Promise<boolean> {
    const next = BigInt((records.at(-1) as RawRecord).offset) + 1n;
    if (records.every((record) => isPassedOver(this.#node, record))) {
      this.#passedOver = next;
      return true;
    }
    const { state } = this.#deps.services;
    const epoch = await state.epoch();
    if (epoch === null) throw new StateLost('the state store is empty');
    const works = await this.#inOrderOfKeys(records);
    failpoint(`${this.#node.name}.effects`);
    this.#tellReplayed(works);
    const outgoing = works.flatMap((work) => work.outgoing);
    if (outgoing.length === 0) {
      this.#passedOver = next;
      return true;
    }
    if (!(await this.#openAt(records))) return false;
    if ((await state.epoch()) !== epoch) throw new StateLost('the state store was lost while the chunk ran');
    await this.#commit(outgoing, next);
    this.#passedOver = null;
    this.#deps.metrics.chunkRecords.observe({ node: this.#node.name }, records.length);
    state.trim(works.flatMap((work) => (work.steps ? [work.steps] : []))).catch(() => undefined);
    return true;
  }

  #tellReplayed(works: readonly RecordWork[]): void {
    const replayed = works.reduce((sum, work) => sum + work.replayed, 0);
    if (replayed > 0) this.#deps.log.info({ node: this.#node.name, topic: this.#topic, partition: this.#partition, replayed }, 'steps answered from the journal');
  }

  /** Records of one order one after another, different orders side by side. */
  async #inOrderOfKeys(records: RawRecord[]): Promise<RecordWork[]> {
    const works = new Array<RecordWork>(records.length);
    const lanes = new Map<string, number[]>();
    records.forEach((record, index) => {
      const key = record.key?.toString() ?? '';
      const lane = lanes.get(key);
      if (lane) lane.push(index);
      else lanes.set(key, [index]);
    });
    const waiting = [...lanes.values()].values();
    const worker = async (): Promise<void> => {
      for (const lane of waiting) {
        for (const index of lane) works[index] = await workOn(this.#node, records[index] as RawRecord, this.#deps);
      }
    };
    const settled = await Promise.allSettled(Array.from({ length: Math.min(CONCURRENT_ORDERS, lanes.size) }, worker));
    for (const result of settled) if (result.status === 'rejected') throw result.reason;
    return works;
  }

  /** Fences the predecessor, and only then reads where the group stands; false when that is not where this chunk starts. */
  async #openAt(records: RawRecord[]): Promise<boolean> {
    if (!this.#producer) await this.#fence();
    if (this.#positionChecked) return true;
    const committed = await this.#committedOffset();
    const first = BigInt((records[0] as RawRecord).offset);
    if (committed !== null && (committed > first || this.#mayHaveMissed(committed))) {
      this.#deps.log.info({ node: this.#node.name, topic: this.#topic, partition: this.#partition, committed: String(committed) }, 'reading goes back to the committed offset');
      this.#deps.consumer.seek({ topic: this.#topic, partition: this.#partition, offset: committed.toString() });
      this.#wentBackTo = committed;
      this.#streamStart = null;
      return false;
    }
    this.#positionChecked = true;
    return true;
  }

  /**
   * Reading began after the committed offset. Once it goes back there; if it then begins later again, what lies between are records that no
   * reader sees: commit markers and aborted ones.
   */
  #mayHaveMissed(committed: bigint): boolean {
    return this.#streamStart !== null && committed < this.#streamStart && this.#wentBackTo !== committed;
  }

  async #fence(): Promise<void> {
    const id = `${this.#deps.environment}.${groupOf(this.#node.name)}.${this.#topic}.${this.#partition}`;
    const producer = transactionalProducer(this.#deps.kafka, id);
    await producer.connect();
    if (isArmed(`${this.#node.name}.partitions-added`)) onPartitionsAdded(producer, () => failpoint(`${this.#node.name}.partitions-added`));
    this.#producer = producer;
    this.#positionChecked = false;
    const transaction = await producer.transaction();
    await transaction.abort();
  }

  async #committedOffset(): Promise<bigint | null> {
    const answers = await this.#deps.admin.fetchOffsets({ groupId: groupOf(this.#node.name), topics: [this.#topic] });
    const offset = answers[0]?.partitions.find(({ partition }) => partition === this.#partition)?.offset;
    return offset === undefined || offset === '-1' ? null : BigInt(offset);
  }

  async #commit(outgoing: OutgoingRecord[], next: bigint): Promise<void> {
    const { name } = this.#node;
    const timer = this.#deps.metrics.transactionSeconds.startTimer({ node: name });
    const transaction = await (this.#producer as Producer).transaction();
    await transaction.sendBatch({ topicMessages: byTopic(outgoing, this.#deps.services.now()), acks: -1 });
    failpoint(`${name}.produced`);
    await sendOffsets(transaction, {
      consumerGroupId: groupOf(name),
      topics: [{ topic: this.#topic, partitions: [{ partition: this.#partition, offset: next.toString() }] }],
    });
    failpoint(`${name}.offsets`);
    await failpointBefore(`${name}.end-sent`, transaction.commit());
    failpoint(`${name}.committed`);
    timer();
  }

  /** Throws the chunk away; waits as long as fits the fault. */
  async #afterFailure(error: unknown): Promise<void> {
    const { log, metrics, recover } = this.#deps;
    const name = this.#node.name;
    this.#failures += 1;
    this.#dropProducer();
    metrics.chunkFailures.inc({ node: name, reason: codeOf(error) });
    const facts = { node: name, topic: this.#topic, partition: this.#partition, code: codeOf(error), reason: messageOf(error) };
    if (isFenced(error)) {
      metrics.fenced.inc({ node: name });
      log.warn(facts, 'another member took the partition');
      await sleep(AFTER_FENCING_MS);
      return;
    }
    log.warn(facts, 'chunk thrown away, will be read again');
    if (error instanceof StateLost) await recover().catch((fault) => log.warn({ reason: messageOf(fault) }, 'state not recovered yet'));
    else await sleep(Math.min(LONGEST_BACKOFF_MS, 50 * 2 ** this.#failures));
  }

  #dropProducer(): void {
    const producer = this.#producer;
    this.#producer = null;
    producer?.disconnect().catch(() => undefined);
  }

  /** Offset that only Kafka's lag needs to know: everything before it was passed over. Taken once. */
  takePassedOver(): { topic: string; partition: number; offset: string } | null {
    if (this.#passedOver === null) return null;
    const offset = this.#passedOver.toString();
    this.#passedOver = null;
    return { topic: this.#topic, partition: this.#partition, offset };
  }

  async close(): Promise<void> {
    await this.#producer?.disconnect().catch(() => undefined);
    this.#producer = null;
  }

  #raw(message: EachBatchPayload['batch']['messages'][number]): RawRecord {
    return {
      topic: this.#topic, partition: this.#partition, offset: message.offset, timestamp: message.timestamp,
      key: message.key, value: message.value, headers: message.headers,
    };
  }
}

/** Between the answer of a transaction's first step and what kafkajs does next. */
function onPartitionsAdded(producer: Producer, passed: () => void): void {
  producer.on(producer.events.REQUEST, ({ payload }) => {
    if (payload.apiName === 'AddPartitionsToTxn') passed();
  });
}

/** All with one time: left out, kafkajs takes the machine's, which brokers refuse where it is an hour ahead. */
function byTopic(records: OutgoingRecord[], now: number) {
  const timestamp = String(now);
  const topics = new Map<string, { key: Buffer | string | null; value: Buffer | null; headers: Record<string, string>; partition?: number; timestamp: string }[]>();
  for (const { topic, ...record } of records) {
    const message = { ...record, timestamp };
    const messages = topics.get(topic);
    if (messages) messages.push(message);
    else topics.set(topic, [message]);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}

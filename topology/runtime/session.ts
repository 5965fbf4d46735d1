import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { FlowNode } from '../define.ts';
import type { OutgoingRecord, RawRecord } from './dead-letter.ts';
import { codeOf, messageOf } from './errors.ts';
import { failpoint } from './failpoint.ts';
import { fetchedOffsetOf, isFenced, type Consumer, type EachBatchPayload } from './kafka.ts';
import { inLanes } from './key-lanes.ts';
import { PartitionFeed } from './partition-feed.ts';
import { PartitionTransactions, type TransactionDeps } from './partition-transactions.ts';
import { isPassedOver, workOn, type RecordWork, type WorkDeps } from './record-work.ts';
import { stillToWaitMs } from './retry.ts';
import { StateLost } from './state.ts';

export interface SessionDeps extends WorkDeps, TransactionDeps {
  consumer: Consumer;
  log: Logger;
  /** Called when the state store is empty; resolves once it is whole again. */
  recover: () => Promise<void>;
}

const CHUNK_RECORDS = 200;
const CONCURRENT_ORDERS = 32;
const LONGEST_BACKOFF_MS = 5_000;
/** What is fetched after the last chunk is left alone. */
const CLOSING_PAUSE_MS = 50;
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
  readonly #transactions: PartitionTransactions;
  /** Offset after the last record passed over without a transaction; null when there is nothing to commit. */
  #passedOver: bigint | null = null;
  /** The one that is being committed. */
  #taken: bigint | null = null;
  /** Where this assignment's reading began. Everything from there on went through this session in order. */
  #streamStart: bigint | null = null;
  #positionChecked = false;
  /** Of the store, under which the producer at hand was opened. */
  #epoch: string | null = null;
  /** Where this session's own last transaction left the group. Kafka answers its end before it shows the offset. */
  #committedHere: bigint | null = null;
  #wentBackTo: bigint | null = null;
  /** The record put off that this partition waits for, and when it was met first, by `performance.now()`. */
  #waitsFor: { offset: string; since: number } | null = null;
  #failures = 0;
  readonly #feed = new PartitionFeed();
  #working: Promise<void> | null = null;
  /** Counts assignments: what belongs to an older one neither moves the position nor is told to Kafka. */
  #assignment = 0;
  #closing = false;
  #pause: EachBatchPayload['pause'] = () => () => undefined;
  /** The newest commit outside of transactions. Sent before one and served after it, it would set the group back. */
  #plainCommit: Promise<unknown> = Promise.resolve();

  constructor(node: FlowNode, topic: string, partition: number, deps: SessionDeps) {
    this.#node = node;
    this.#topic = topic;
    this.#partition = partition;
    this.#deps = deps;
    this.#transactions = new PartitionTransactions(node, topic, partition, deps);
  }

  /**
   * Takes a fetched batch over, so that the next fetch need not wait for its chunks; where more is at hand than that it does. Never throws:
   * after a fault reading starts again at the first record whose results are not committed.
   */
  async handle(payload: EachBatchPayload): Promise<void> {
    if (this.#closing) return sleep(CLOSING_PAUSE_MS);
    // Fetched before reading was sent back: taken now, it would leave out what lies between.
    if (payload.isStale()) return;
    const { batch } = payload;
    this.#streamStart ??= BigInt(fetchedOffsetOf(batch));
    failpoint(`${this.#node.name}.fetched`);
    this.#pause = payload.pause;
    this.#feed.add(batch.messages.map((message) => this.#raw(message)));
    payload.resolveOffset(batch.lastOffset());
    this.#deps.metrics.lag.set({ node: this.#node.name, topic: this.#topic, partition: this.#partition }, Number(batch.offsetLag()));
    if (!this.#feed.isEmpty) this.#working ??= this.#work();
    if (this.#feed.isFull) await this.#untilRoom(payload.heartbeat);
  }

  async #untilRoom(heartbeat: () => Promise<void>): Promise<void> {
    const pump = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_EVERY_MS);
    while (this.#feed.isFull && !this.#closing) await this.#feed.room;
    clearInterval(pump);
  }

  /** After a rebalance: the partition may have been somebody else's meanwhile, so the position is compared again before the next commit. */
  rejoined(): void {
    this.#streamStart = null;
    this.#positionChecked = false;
    this.#wentBackTo = null;
    this.#passedOver = null;
    this.#taken = null;
    this.#assignment += 1;
    this.#feed.clear();
  }

  async #work(): Promise<void> {
    for (let records = this.#feed.take(CHUNK_RECORDS); records.length > 0; records = this.#feed.take(CHUNK_RECORDS)) {
      const assignment = this.#assignment;
      try {
        await this.#chunkUpToDue(records, assignment);
        this.#failures = 0;
      } catch (error) {
        this.#readAgainFrom(records[0] as RawRecord, assignment);
        await this.#afterFailure(error);
      }
    }
    // In the same turn as the look that found nothing: a batch that comes a moment later has to begin anew.
    this.#working = null;
  }

  /** Records put off wait for their time in their own topic, whose partition is paused meanwhile. */
  async #chunkUpToDue(records: RawRecord[], assignment: number): Promise<void> {
    const now = this.#deps.services.now();
    const waiting = records.findIndex((record) => this.#waitMs(record, now) > 0);
    const ready = waiting < 0 ? records : records.slice(0, waiting);
    if (ready.length > 0 && !(await this.#chunk(ready, assignment))) return;
    const next = records[ready.length];
    if (!next || assignment !== this.#assignment) return;
    setTimeout(this.#pause(), this.#waitMs(next, this.#deps.services.now())).unref();
    if (this.#waitsFor?.offset !== next.offset) this.#waitsFor = { offset: next.offset, since: performance.now() };
    this.#readAgainFrom(next, assignment);
  }

  #waitMs(record: RawRecord, now: number): number {
    const metForMs = this.#waitsFor?.offset === record.offset ? performance.now() - this.#waitsFor.since : 0;
    return stillToWaitMs(record, now, metForMs);
  }

  #readAgainFrom({ offset }: RawRecord, assignment: number): void {
    if (assignment !== this.#assignment) return;
    this.#feed.clear();
    this.#deps.consumer.seek({ topic: this.#topic, partition: this.#partition, offset });
  }

  /** False when the chunk turned out not to start where the group stands: it is then fetched again from there. */
  async #chunk(records: RawRecord[], assignment: number): Promise<boolean> {
    const next = BigInt((records.at(-1) as RawRecord).offset) + 1n;
    if (records.every((record) => isPassedOver(this.#node, record))) return this.#passOver(next, assignment);
    const { state } = this.#deps.services;
    const epoch = await state.epoch();
    if (epoch === null) throw new StateLost('the state store is empty');
    // Whoever rebuilt the store has fenced the sessions that knew it before.
    if (epoch !== this.#epoch) this.#transactions.drop();
    this.#epoch = epoch;
    // As a rule a new owner was told to read from where its predecessor stood some moments ago: before it repeats all that, it looks.
    if (!(await this.#openAt(records, assignment))) return false;
    const works = await this.#workOnAll(records);
    failpoint(`${this.#node.name}.effects`);
    this.#tellReplayed(works);
    const outgoing = works.flatMap((work) => work.outgoing);
    if (outgoing.length === 0) return this.#passOver(next, assignment);
    // Again: a rebalance may have come while the effects ran.
    if (!(await this.#openAt(records, assignment))) return false;
    if ((await state.epoch()) !== epoch) throw new StateLost('the state store was lost while the chunk ran');
    await this.#commit(outgoing, next);
    this.#deps.metrics.chunkRecords.observe({ node: this.#node.name }, records.length);
    state.trim(works.flatMap((work) => (work.steps ? [work.steps] : []))).catch(() => undefined);
    return true;
  }

  #passOver(next: bigint, assignment: number): true {
    if (assignment === this.#assignment) this.#passedOver = next;
    return true;
  }

  #tellReplayed(works: readonly RecordWork[]): void {
    const replayed = works.reduce((sum, work) => sum + work.replayed, 0);
    if (replayed > 0) this.#deps.log.info({ node: this.#node.name, topic: this.#topic, partition: this.#partition, replayed }, 'steps answered from the journal');
  }

  /** Records of one order one after another, different orders side by side. */
  #workOnAll(records: RawRecord[]): Promise<RecordWork[]> {
    return inLanes(records, ({ key }) => key?.toString() ?? '', CONCURRENT_ORDERS, (record) => workOn(this.#node, record, this.#deps));
  }

  /** Fences the predecessor, and only then reads where the group stands; false when that is not where this chunk starts. */
  async #openAt(records: RawRecord[], assignment: number): Promise<boolean> {
    if (!this.#transactions.isOpen) await this.#fence();
    if (this.#positionChecked) return true;
    const committed = greater(await this.#transactions.committedOffset(), this.#committedHere);
    const first = BigInt((records[0] as RawRecord).offset);
    if (committed !== null && (committed > first || this.#mayHaveMissed(committed))) {
      this.#deps.log.info({ node: this.#node.name, topic: this.#topic, partition: this.#partition, committed: String(committed) }, 'reading goes back to the committed offset');
      this.#feed.clear();
      this.#deps.consumer.seek({ topic: this.#topic, partition: this.#partition, offset: committed.toString() });
      this.#wentBackTo = committed;
      this.#streamStart = null;
      return false;
    }
    // Given out anew meanwhile: what this chunk did stays in the journal for whoever reads it next.
    this.#positionChecked = assignment === this.#assignment;
    return this.#positionChecked;
  }

  /**
   * Reading began after the committed offset. Once it goes back there; if it then begins later again, what lies between are records that no
   * reader sees: commit markers and aborted ones.
   */
  #mayHaveMissed(committed: bigint): boolean {
    return this.#streamStart !== null && committed < this.#streamStart && this.#wentBackTo !== committed;
  }

  async #fence(): Promise<void> {
    this.#positionChecked = false;
    await this.#transactions.open();
  }

  async #commit(outgoing: OutgoingRecord[], next: bigint): Promise<void> {
    const { name } = this.#node;
    // Whatever comes of this transaction: nothing older may be committed any more.
    await this.#plainCommit;
    this.#passedOver = null;
    this.#taken = null;
    const timer = this.#deps.metrics.transactionSeconds.startTimer({ node: name });
    await this.#transactions.commit(outgoing, next, this.#deps.services.now());
    this.#committedHere = next;
    failpoint(`${name}.committed`);
    timer();
  }

  /** Throws the chunk away; waits as long as fits the fault. */
  async #afterFailure(error: unknown): Promise<void> {
    const { log, metrics, recover } = this.#deps;
    const name = this.#node.name;
    this.#failures += 1;
    this.#transactions.drop();
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

  /** Offset that only Kafka's lag needs to know: everything before it was passed over. Taken once, unless `untakePassedOver` follows. */
  takePassedOver(): { topic: string; partition: number; offset: string } | null {
    this.#taken = this.#passedOver;
    this.#passedOver = null;
    return this.#taken === null ? null : { topic: this.#topic, partition: this.#partition, offset: this.#taken.toString() };
  }

  /** The offset taken last was not committed: it is to be taken again. */
  untakePassedOver(): void {
    this.#passedOver ??= this.#taken;
    this.#taken = null;
  }

  /** Begins no transaction before `committing`, which never rejects, is over. */
  waitFor(committing: Promise<unknown>): void {
    this.#plainCommit = committing;
  }

  /** Resolves when no chunk is at work and none waits. */
  async atRest(): Promise<void> {
    while (this.#working) await this.#working;
  }

  /** Ends the chunk at work and begins no other. */
  async finish(): Promise<void> {
    this.#closing = true;
    this.#feed.clear();
    await this.atRest();
  }

  async close(): Promise<void> {
    await this.finish();
    await this.#transactions.close();
  }

  #raw(message: EachBatchPayload['batch']['messages'][number]): RawRecord {
    return {
      topic: this.#topic, partition: this.#partition, offset: message.offset, timestamp: message.timestamp,
      key: message.key, value: message.value, headers: message.headers,
    };
  }
}

/** Null where neither is known. */
const greater = (one: bigint | null, other: bigint | null): bigint | null => (one === null || (other !== null && other > one) ? other : one);

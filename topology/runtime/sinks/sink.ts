import { setTimeout as sleep } from 'node:timers/promises';
import { OffsetsMoved } from '../../../connectors/postgres/sink-offsets.ts';
import type { Codec } from '../../../schemas/codec.ts';
import type { EventType } from '../../../schemas/types.ts';
import type { RawRecord } from '../dead-letter.ts';
import { kindOf, messageOf } from '../errors.ts';
import { type Batch, type Consumer, type EachBatchPayload, groupConsumer, isReachable, type Kafka, SESSION_TIMEOUT_MS } from '../kafka.ts';
import { Outage } from '../outage.ts';
import { Watchdog } from '../watchdog.ts';
import { beating } from './beating.ts';
import type { Piece } from './buffer.ts';
import { processorDemand } from './processor-demand.ts';
import { readEntries } from './records.ts';
import { StandBack } from './stand-back.ts';
import { Standstill } from './standstill.ts';
import { LogCutShort, startPositions, type StartPosition } from './start-positions.ts';
import { partitionKey, type PartitionName, type SinkChunk, type SinkStore } from './store.ts';
import { SinkWriter, type SinkWriterOptions } from './writer.ts';

/** Before what could not be read is fetched again. */
const UNREAD_PAUSE_MS = 1_000;
/** What is fetched while the last chunks are written is left alone. */
const STOPPING_PAUSE_MS = 50;
const COMMIT_EVERY_MS = 1_000;
const FINISH_EVERY_MS = 15_000;
const SILENCE_MS = 3 * SESSION_TIMEOUT_MS + 10_000;
/** ms; far longer than what a store is asked for takes before it fails. */
const PATIENCE = { lookEveryMs: 10_000, tellAfterMs: 30_000, endAfterMs: 120_000 };

export interface SinkOptions<Row> extends SinkWriterOptions<Row> {
  store: SinkStore<Row>;
  groupId: string;
  /** Time from one fetch to the next, ms, unless there is a backlog: how far behind the log the store may be. */
  fetchWaitMs: number;
  /** How far behind the sink may fall to let a burst of orders have the processors, ms; 0: it does not wait for them. */
  standBackMs: number;
  /** How the sink knows that they are wanted; by what Linux tells of the machine by default. */
  demand?: () => number | null;
  /** What is read, and the event type each topic holds. */
  topics: ReadonlyMap<string, EventType>;
  /** Partitions of each topic. */
  partitions: number;
  kafka: Kafka;
  codec: Codec;
  /** How often is looked for what somebody left half done and was taken to be still at, ms; 15 s by default. */
  finishEveryMs?: number;
  /** When a write that neither ends nor fails is told of, and when the sink gives up over it, ms; 30 s and 120 s by default. */
  patience?: typeof PATIENCE;
  /** Called once when the sink cannot go on; the process is expected to exit. */
  onFatal(reason: string): void;
}

/**
 * Fewer, larger fetches: each names every partition of every topic, whatever it brings. And room for something of all of them: brokers fill
 * an answer in the order asked, so that in a backlog the last topics would wait until the first are read to their ends.
 */
const FETCH_BYTES = { minBytes: 0, maxBytes: 32 * 1024 * 1024 };

/**
 * Reads event topics as a member of a consumer group and writes them to a store, each record once.
 *
 * What Kafka has as the group's offsets does not matter: the store's own are compared and moved with every write. Whenever there is doubt
 * (the group shares its partitions out anew, a write failed, someone else moved the offsets) all that is in memory is thrown away, the store
 * is asked where it stands, and reading starts over from there. So there is one way back from every fault, and a member that has lost a
 * partition without knowing cannot write anything of it.
 */
export class Sink<Row> {
  readonly #options: SinkOptions<Row>;
  readonly #consumer: Consumer;
  readonly #writer: SinkWriter<Row>;
  readonly #outage: Outage;
  readonly #joined = Promise.withResolvers<void>();
  #assigned: PartitionName[] = [];
  /** Counts the new starts; what was fetched for an older one is void. */
  #epoch = 0;
  #positions = new Map<string, StartPosition>();
  #aligned = Promise.withResolvers<void>();
  #writeFailed = false;
  #finishing = false;
  #stopping = false;
  #failed = false;
  #toCommit = new Map<string, { topic: string; partition: number; offset: string }>();
  readonly #watchdog: Watchdog;
  readonly #standstill: Standstill;
  readonly #standBack: StandBack;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: SinkOptions<Row>) {
    this.#options = options;
    this.#outage = new Outage(options.log);
    this.#consumer = groupConsumer(options.kafka, { groupId: options.groupId, maxWaitTimeInMs: options.fetchWaitMs, ...FETCH_BYTES });
    this.#watchdog = new Watchdog({
      silenceMs: SILENCE_MS,
      isReachable: () => isReachable(options.kafka),
      onSilence: () => this.#fail(new Error(`the consumer has been silent for ${SILENCE_MS} ms`)),
    });
    this.#standstill = new Standstill({
      ...(options.patience ?? PATIENCE),
      tell: (what, seconds) => options.log.warn({ what, seconds }, 'no answer yet'),
      end: (what, seconds) => this.#fail(new Error(`${what} has not ended in ${seconds} s`)),
    });
    const { name, metrics } = options;
    this.#standBack = new StandBack({
      longestMs: options.standBackMs,
      demand: options.demand ?? processorDemand,
      waited: (ms) => metrics.stoodBackSeconds.inc({ sink: name }, ms / 1000),
    });
    metrics.watchLag(name, () => this.#lagSeconds());
    const store = { write: (chunk: SinkChunk<Row>) => this.#standstill.during('writing', options.store.write(chunk)) };
    this.#writer = new SinkWriter({ ...options, store }, { written: (pieces) => this.#written(pieces), failed: (error) => this.#unwritten(error) });
  }

  /** Age of the oldest record that waits, to be read or to be written. */
  #lagSeconds(): number {
    const now = Date.now();
    return (now - Math.min(now, this.#standBack.oldestTimestamp ?? now, this.#writer.oldestTimestamp ?? now)) / 1000;
  }

  /** Resolves once the group has given this member its partitions. */
  async start(): Promise<void> {
    this.#listen();
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...this.#options.topics.keys()], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.#options.topics.size * this.#options.partitions,
      eachBatch: (payload) => this.#take(payload),
    });
    this.#timers.push(setInterval(() => void this.#commitToKafka(), COMMIT_EVERY_MS));
    this.#timers.push(setInterval(() => void this.#finishOthers(), this.#options.finishEveryMs ?? FINISH_EVERY_MS));
    this.#standstill.start();
    this.#watchdog.start(SESSION_TIMEOUT_MS);
    await this.#joined.promise;
  }

  /** Writes what is at hand, leaves the group. A server that is away is not waited for: the rest is read again next time. */
  async stop(): Promise<void> {
    this.#halt();
    await this.#writer.drain();
    await this.#commitToKafka();
    await this.#consumer.stop();
    await this.#consumer.disconnect();
    await this.#options.store.close();
  }

  #listen(): void {
    const { GROUP_JOIN, CRASH, HEARTBEAT, FETCH, FETCH_START } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));
      this.#toCommit.clear();
      this.#startOver();
      this.#joined.resolve();
    });
    for (const event of [HEARTBEAT, FETCH, FETCH_START]) this.#consumer.on(event, () => this.#watchdog.sign());
    this.#consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.#fail(payload.error);
    });
  }

  /** Forgets everything read and not written, then finds out where to go on. */
  #startOver(): void {
    this.#epoch += 1;
    this.#writer.clear();
    this.#positions = new Map();
    this.#aligned.resolve();
    this.#aligned = Promise.withResolvers<void>();
    if (this.#stopping) this.#aligned.resolve();
    else void this.#align(this.#epoch);
  }

  async #align(epoch: number): Promise<void> {
    for (;;) {
      await sleep(this.#outage.pauseMs);
      await this.#writer.idle();
      if (epoch !== this.#epoch || this.#stopping) return;
      try {
        const positions = await this.#standstill.during('finding out where to go on', this.#whereToGoOn());
        if (epoch === this.#epoch && !this.#stopping) this.#goOnFrom(positions);
        return;
      } catch (error) {
        if (!this.#isPassing(error)) return this.#fail(error);
        this.#outage.failed(error);
      }
    }
  }

  async #whereToGoOn(): Promise<Map<string, StartPosition>> {
    const { store, kafka } = this.#options;
    await store.finish?.(this.#writer.refuse);
    const stored = await store.resume(this.#assigned);
    return startPositions(kafka, this.#assigned, stored);
  }

  /** Beside the work. What does not succeed is tried again the next time. */
  async #finishOthers(): Promise<void> {
    if (this.#finishing) return;
    this.#finishing = true;
    try {
      await this.#options.store.finish?.(this.#writer.refuse);
    } catch (error) {
      if (this.#isPassing(error)) this.#options.log.debug({ reason: messageOf(error) }, 'what others left is not finished yet');
      else this.#fail(error);
    } finally {
      this.#finishing = false;
    }
  }

  #goOnFrom(positions: Map<string, StartPosition>): void {
    for (const { topic, partition } of this.#assigned) {
      const { next, missed } = positions.get(partitionKey({ topic, partition })) as StartPosition;
      // A member that died after its last write has not told Kafka: without this its lag would stay until the next event.
      if (next > 0n) this.#toCommit.set(partitionKey({ topic, partition }), { topic, partition, offset: String(next) });
      if (missed > 0n) this.#options.log.error({ topic, partition, missed: String(missed) }, 'records were deleted before this sink had read them');
      this.#consumer.seek({ topic, partition, offset: String(next) });
    }
    this.#positions = positions;
    // After a failed write only the next one that works shows that the store is back.
    if (!this.#writeFailed) this.#outage.passed();
    this.#aligned.resolve();
  }

  /** Takes a fetched batch into memory, or leaves it unresolved: then it is fetched again. */
  async #take({ batch, heartbeat, isStale, resolveOffset }: EachBatchPayload): Promise<void> {
    const epoch = this.#epoch;
    const isVoid = (): boolean => this.#stopping || epoch !== this.#epoch || isStale();
    await beating(this.#aligned.promise, heartbeat);
    const position = this.#positions.get(partitionKey(batch));
    if (this.#stopping) return sleep(STOPPING_PAUSE_MS);
    if (isVoid() || !position) return;
    const turn = this.#standBack.hold(batch.messages.length, Number(batch.messages[0]?.timestamp ?? 0));
    if (turn) await beating(turn, heartbeat);
    if (isVoid()) return;
    const piece = await this.#read(batch, position).catch((error: unknown) => this.#unread(error));
    if (!piece) return beating(sleep(UNREAD_PAUSE_MS), heartbeat);
    if (isVoid()) return;
    this.#positions.set(partitionKey(batch), { stored: piece.range.next, next: piece.range.next, missed: 0n });
    this.#writer.add(piece);
    resolveOffset(batch.lastOffset());
    while (!isVoid() && this.#writer.isFull) await beating(this.#writer.room, heartbeat);
  }

  /** Of a batch fetched from before the position only the rest counts; offsets without a record (commit markers, aborted ones) count as read. */
  async #read(batch: Batch, position: StartPosition): Promise<Piece<Row>> {
    const { topic, partition } = batch;
    const { name, codec, topics, store } = this.#options;
    const records = batch.messages
      .filter(({ offset }) => BigInt(offset) >= position.next)
      .map(({ offset, timestamp, key, value, headers }): RawRecord => ({ topic, partition, offset, timestamp, key, value, headers }));
    const read = await readEntries(name, { codec, topics, row: store.row }, records, Date.now());
    const after = BigInt(batch.lastOffset()) + 1n;
    return { ...read, range: { topic, partition, from: position.stored, next: after > position.next ? after : position.next } };
  }

  #unread(error: unknown): undefined {
    if (this.#isPassing(error)) this.#outage.failed(error);
    else this.#fail(error);
  }

  #written(pieces: readonly Piece<Row>[]): void {
    this.#writeFailed = false;
    this.#outage.passed();
    for (const { range: { topic, partition, next } } of pieces) this.#toCommit.set(partitionKey({ topic, partition }), { topic, partition, offset: String(next) });
  }

  #unwritten(error: unknown): void {
    this.#options.metrics.failures.inc({ sink: this.#options.name });
    if (!this.#isPassing(error)) return this.#fail(error);
    this.#writeFailed = true;
    this.#outage.failed(error);
    this.#startOver();
  }

  #isPassing(error: unknown): boolean {
    if (error instanceof OffsetsMoved || error instanceof LogCutShort || kindOf(error) === 'passing') return true;
    return (error instanceof Error && error.name.startsWith('KafkaJS')) || this.#options.store.isPassing(error);
  }

  /** For lag tools, which look nowhere else. */
  async #commitToKafka(): Promise<void> {
    const offsets = [...this.#toCommit.values()];
    this.#toCommit.clear();
    if (offsets.length === 0 || this.#failed) return;
    await this.#consumer.commitOffsets(offsets).catch((error) => this.#options.log.debug({ reason: messageOf(error) }, 'offsets not committed to Kafka'));
  }

  #fail(error: unknown): void {
    if (this.#failed || this.#stopping) return;
    this.#failed = true;
    this.#halt();
    this.#options.onFatal(`${this.#options.name}: ${messageOf(error)}`);
  }

  /** Lets go of everyone who waits. */
  #halt(): void {
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#standstill.stop();
    this.#standBack.stop();
    this.#watchdog.stop();
    this.#aligned.resolve();
    if (this.#failed) this.#writer.clear();
  }
}

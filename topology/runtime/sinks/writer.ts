import type { Logger } from 'pino';
import { deadLetter, type OutgoingRecord } from '../dead-letter.ts';
import { codeOf } from '../errors.ts';
import { type Piece, SinkBuffer } from './buffer.ts';
import type { SinkMetrics } from './metrics.ts';
import type { Refuse, SinkEntry, SinkStore } from './store.ts';

export interface SinkWriterOptions<Row> {
  /** Names its dead letters and its metrics. */
  name: string;
  store: Pick<SinkStore<Row>, 'write'>;
  /** Rows written at once. */
  chunkRows: number;
  /** How long rows may wait for others, ms. */
  lingerMs: number;
  sendDeadLetters(records: readonly OutgoingRecord[]): Promise<void>;
  metrics: SinkMetrics;
  log: Logger;
}

export interface WriteOutcome<Row> {
  written(pieces: readonly Piece<Row>[]): void;
  /** Nobody knows whether the chunk went in. What is still buffered follows on it: clear it. */
  failed(error: unknown): void;
}

/** Chunks' worth of rows held in memory before reading has to wait. */
const CHUNKS_AHEAD = 3;

/**
 * Gathers what the partitions bring and writes it in chunks, one at a time: at once when a chunk is full, after `lingerMs` otherwise. Under
 * load chunks grow by themselves, as more arrives while one is written.
 */
export class SinkWriter<Row> {
  readonly #options: SinkWriterOptions<Row>;
  readonly #outcome: WriteOutcome<Row>;
  readonly #buffer = new SinkBuffer<Row>();
  #linger: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;
  #room = Promise.withResolvers<void>();

  constructor(options: SinkWriterOptions<Row>, outcome: WriteOutcome<Row>) {
    this.#options = options;
    this.#outcome = outcome;
  }

  /** A piece has to follow the one before it of the same partition. */
  add(piece: Piece<Row>): void {
    this.#buffer.add(piece);
    this.#schedule();
  }

  /** Forgets what is not being written yet. */
  clear(): void {
    this.#buffer.clear();
    this.#makeRoom();
  }

  /** When the oldest record at hand was written to Kafka, ms; undefined where there is none. */
  get oldestTimestamp(): number | undefined {
    return this.#buffer.oldestTimestamp;
  }

  get isFull(): boolean {
    return this.#buffer.rows >= CHUNKS_AHEAD * this.#options.chunkRows;
  }

  /** Resolves when rows have left the buffer. */
  get room(): Promise<void> {
    return this.#room.promise;
  }

  /** Resolves when no chunk is being written. */
  async idle(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  /** Writes all that is at hand. */
  async drain(): Promise<void> {
    while (this.#writing || !this.#buffer.isEmpty) {
      this.#flush();
      await this.#writing;
    }
  }

  readonly refuse: Refuse<Row> = (refused) => this.#putAside(refused.map(({ entry, error }) => this.#refusal(entry, error)));

  #schedule(): void {
    if (this.#writing || this.#buffer.isEmpty) return;
    if (this.#buffer.rows >= this.#options.chunkRows) this.#flush();
    else this.#linger ??= setTimeout(() => this.#flush(), this.#options.lingerMs);
  }

  #flush(): void {
    if (this.#linger) clearTimeout(this.#linger);
    this.#linger = null;
    if (this.#writing || this.#buffer.isEmpty) return;
    const pieces = this.#buffer.take(this.#options.chunkRows);
    this.#makeRoom();
    this.#writing = this.#write(pieces).then(() => this.#outcome.written(pieces), (error: unknown) => this.#outcome.failed(error)).finally(() => {
      this.#writing = null;
      this.#schedule();
    });
  }

  async #write(pieces: readonly Piece<Row>[]): Promise<void> {
    const { name, store, metrics } = this.#options;
    const stopTimer = metrics.flushSeconds.startTimer({ sink: name });
    await this.#putAside(pieces.flatMap(({ deadLetters }) => deadLetters));
    const entries = pieces.flatMap((piece) => piece.entries);
    await store.write({ entries, ranges: pieces.map(({ range }) => range), refuse: this.refuse });
    stopTimer();
    metrics.rows.inc({ sink: name }, entries.length);
  }

  /** Before the offsets move past them: a crash in between sends a dead letter twice, never not at all. */
  async #putAside(deadLetters: readonly OutgoingRecord[]): Promise<void> {
    if (deadLetters.length === 0) return;
    await this.#options.sendDeadLetters(deadLetters);
    this.#options.metrics.deadLetters.inc({ sink: this.#options.name }, deadLetters.length);
  }

  #refusal({ record }: SinkEntry<Row>, error: Error): OutgoingRecord {
    const { name, log } = this.#options;
    const { topic, partition, offset } = record;
    log.error({ topic, partition, offset, code: codeOf(error) }, 'the store refused a record; it is dead-lettered');
    return deadLetter(name, record, refusalOf(error), 1, Date.now());
  }

  #makeRoom(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers<void>();
  }
}

/** A server's message may quote what it refuses; only its code leaves. */
const refusalOf = (error: Error): Error => Object.assign(new Error('the store refused the row'), { name: error.name, code: codeOf(error) });

import type { DecodedRecord, FetchedPartition } from '../../../topology/runtime/kafka-cluster.ts';
import { brokerError } from './errors.ts';

/** Who appends: a producer's id and epoch, and whether in a transaction. */
export interface Appender {
  producerId: number;
  epoch: number;
  transactional: boolean;
}

export interface Appended {
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer>;
}

interface AbortedRange {
  producerId: string;
  firstOffset: string;
  lastOffset: number;
}

const CONTROL_ABORT = Buffer.from([0, 0, 0, 0]);
const CONTROL_COMMIT = Buffer.from([0, 0, 0, 1]);

/** One partition as its broker keeps it: records and markers, open transactions, and which transactions were aborted. */
export class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  readonly records: DecodedRecord[] = [];
  /** Called when readers of committed records may go on. */
  onStable: () => void = () => undefined;
  /** First offset of each open transaction, by producer. */
  readonly #open = new Map<number, number>();
  readonly #epochs = new Map<number, number>();
  readonly #aborted: AbortedRange[] = [];
  readonly #now: () => number;

  constructor(topic: string, partition: number, now: () => number) {
    this.topic = topic;
    this.partition = partition;
    this.#now = now;
  }

  get end(): number {
    return this.records.length;
  }

  /** Every transaction before it has ended. */
  get stable(): number {
    return Math.min(this.end, ...this.#open.values());
  }

  get hasOpenTransaction(): boolean {
    return this.#open.size > 0;
  }

  /** Refuses producers that a newer epoch has overtaken here. */
  append(batch: readonly Appended[], { producerId, epoch, transactional }: Appender): void {
    this.#meet(producerId, epoch);
    if (transactional && !this.#open.has(producerId)) this.#open.set(producerId, this.end);
    for (const { key, value, headers } of batch) {
      this.records.push(this.#record(key, value, headers, { producerId: String(producerId), inTransaction: transactional }, false));
    }
    if (!transactional) this.onStable();
  }

  /** Ends the producer's transaction here. The marker takes an offset. */
  mark(producerId: number, epoch: number, committed: boolean): void {
    this.#epochs.set(producerId, Math.max(epoch, this.#epochs.get(producerId) ?? epoch));
    const first = this.#open.get(producerId);
    if (!committed && first !== undefined) this.#aborted.push({ producerId: String(producerId), firstOffset: String(first), lastOffset: this.end });
    this.#open.delete(producerId);
    const context = { producerId: String(producerId), inTransaction: true };
    this.records.push(this.#record(committed ? CONTROL_COMMIT : CONTROL_ABORT, null, {}, context, true));
    this.onStable();
  }

  /** What a fetch of committed records answers: all there is up to the stable offset, with the aborted transactions it meets. */
  fetch(from: number, limit: number): FetchedPartition & { highWatermark: string } {
    const to = Math.min(this.stable, from + limit);
    const messages: FetchedPartition['messages'] = this.records.slice(from, to);
    if (to > from) messages.nextOffset = BigInt(to);
    const abortedTransactions = this.#aborted
      .filter(({ firstOffset, lastOffset }) => Number(firstOffset) < to && lastOffset >= from)
      .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }));
    return { partition: this.partition, lastStableOffset: String(this.stable), highWatermark: String(this.end), abortedTransactions, messages };
  }

  /** Committed records from an offset on, told apart by where the markers stand, without the client's filter. */
  committed(from = 0): DecodedRecord[] {
    const isAborted = ({ offset, batchContext }: DecodedRecord): boolean =>
      this.#aborted.some(
        ({ producerId, firstOffset, lastOffset }) => producerId === batchContext.producerId && Number(offset) >= Number(firstOffset) && Number(offset) <= lastOffset,
      );
    return this.records.slice(from, this.stable).filter((record) => !record.isControlRecord && !(record.batchContext.inTransaction && isAborted(record)));
  }

  #meet(producerId: number, epoch: number): void {
    const known = this.#epochs.get(producerId);
    if (known !== undefined && known > epoch) throw brokerError('INVALID_PRODUCER_EPOCH');
    this.#epochs.set(producerId, epoch);
  }

  #record(
    key: Buffer | null, value: Buffer | null, headers: Record<string, Buffer>, batchContext: DecodedRecord['batchContext'], isControlRecord: boolean,
  ): DecodedRecord {
    return { offset: String(this.end), key, value, headers, timestamp: String(Math.floor(this.#now())), isControlRecord, batchContext };
  }
}

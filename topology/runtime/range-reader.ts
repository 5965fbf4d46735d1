import { setTimeout as sleep } from 'node:timers/promises';
import type { IHeaders } from './kafka.ts';
import {
  byTopic, committedRecords, EARLIEST, type FetchedPartition, type KafkaCluster, listOffsets, partitionsOf, READ_COMMITTED,
} from './kafka-cluster.ts';

/** A committed record of a topic. `timestamp` in ms since 1970 UTC, as text. */
export interface ReadRecord {
  topic: string;
  partition: number;
  offset: bigint;
  key: Buffer | null;
  value: Buffer | null;
  headers: IHeaders;
  timestamp: string;
}

/** Records of one partition come in order, one call at a time; where it returns a promise the next call waits for it. */
export type OnRecord = (record: ReadRecord) => void | Promise<void>;

/** Offsets `from` (with it) up to `to` (without it); without `to` there is no end. */
export interface OpenRange {
  topic: string;
  partition: number;
  from: bigint;
  to?: bigint;
}

/** A range could not be read to its end: a transaction in it does not end, or the brokers cannot be reached. */
export class ReadStalled extends Error {
  override name = 'ReadStalled';
}

interface Position {
  topic: string;
  partition: number;
  next: bigint;
  to: bigint | null;
}

/** Longest wait of a fetch that finds nothing. A range with an end may end in what is no record, which no fetch waits for. */
const FETCH_WAIT_MS = { bounded: 250, open: 1_000 };
const FETCH_BYTES = 8 * 1024 * 1024;
const LEAST_FETCH_BYTES = 64 * 1024;
const PARTITION_BYTES = 2 * 1024 * 1024;
const STALL_MS = 60_000;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Reads ranges of partitions straight from their leaders, belonging to no consumer group. Commit markers, aborted records and gaps that
 * compaction left take offsets without being records; what counts is the offset after the last whole batch.
 */
export class RangeReader {
  readonly #cluster: KafkaCluster;
  readonly #onRecord: OnRecord;
  readonly #positions: Position[];
  readonly #gatherMs: number;
  #stopped = false;
  #handlerFault: { error: unknown } | null = null;
  #delivery: Promise<void> = Promise.resolve();
  #lastProgress = Date.now();
  #fetchBytes = FETCH_BYTES;

  /** `gatherMs`: pause after a fetch that found something, so that the next finds more; 0 for none. */
  constructor(cluster: KafkaCluster, ranges: readonly OpenRange[], onRecord: OnRecord, gatherMs = 0) {
    this.#gatherMs = gatherMs;
    this.#cluster = cluster;
    this.#onRecord = onRecord;
    this.#positions = ranges.map(({ topic, partition, from, to }) => ({ topic, partition, next: from, to: to ?? null }));
  }

  /** Resolves once every range is read, or after `stop`. Throws what `onRecord` throws, and ReadStalled. */
  async run(): Promise<void> {
    for (let failures = 0; !this.#stopped && this.#open().length > 0; ) {
      const before = this.#lastProgress;
      try {
        await this.#readFromLeaders();
      } catch (error) {
        if (this.#handlerFault) throw this.#handlerFault.error;
        failures = this.#lastProgress > before ? 1 : failures + 1;
        await this.#recover(error, failures);
      }
    }
  }

  /** No record is handed over after the one at work. */
  stop(): void {
    this.#stopped = true;
  }

  #open(): Position[] {
    return this.#positions.filter(isOpen);
  }

  /** A loop for each leader; when one of them fails all end, and the leaders are looked up again. */
  async #readFromLeaders(): Promise<void> {
    const ended = new AbortController();
    const byLeader = Map.groupBy(this.#open(), ({ topic, partition }) => this.#leaderOf(topic, partition));
    const loops = [...byLeader].map(([leader, positions]) =>
      this.#readFrom(leader, positions, ended.signal).catch((error: unknown) => {
        ended.abort();
        throw error;
      }),
    );
    for (const loop of await Promise.allSettled(loops)) if (loop.status === 'rejected') throw loop.reason;
  }

  #leaderOf(topic: string, partition: number): number {
    const leader = partitionsOf(this.#cluster, topic).find(({ partitionId }) => partitionId === partition)?.leader;
    if (leader === undefined) throw new Error(`topic ${topic} has no partition ${partition}`);
    if (leader < 0) throw new Error(`partition ${partition} of ${topic} has no leader`);
    return leader;
  }

  /** While records are handed over the next fetch is under way already. */
  async #readFrom(leader: number, positions: Position[], signal: AbortSignal): Promise<void> {
    let asked = positions;
    let fetching = this.#fetch(leader, asked);
    for (;;) {
      const fetched = await fetching;
      const due = this.#advance(asked, fetched);
      const open = positions.filter(isOpen);
      const goesOn = open.length > 0 && !signal.aborted && !this.#stopped;
      asked = due.progressed ? open : nextAlone(open, due.starved);
      if (goesOn) {
        fetching = this.#fetchAfter(due.progressed ? this.#gatherMs : 0, leader, asked);
        fetching.catch(() => undefined);
      }
      await this.#deliver(due.records);
      if (!goesOn || this.#stopped) return;
      this.#checkStall(open, due.progressed);
    }
  }

  async #fetchAfter(ms: number, leader: number, positions: Position[]): Promise<{ topic: string; fetched: FetchedPartition }[]> {
    if (ms > 0) await sleep(ms);
    return this.#fetch(leader, positions);
  }

  async #fetch(leader: number, positions: Position[]): Promise<{ topic: string; fetched: FetchedPartition }[]> {
    const broker = await this.#cluster.findBroker({ nodeId: String(leader) });
    const { responses } = await broker.fetch({
      maxWaitTime: positions.some(({ to }) => to !== null) ? FETCH_WAIT_MS.bounded : FETCH_WAIT_MS.open,
      minBytes: 1,
      maxBytes: this.#fetchBytes,
      isolationLevel: READ_COMMITTED,
      topics: byTopic(positions, ({ partition, next }) => ({ partition, fetchOffset: next.toString(), maxBytes: PARTITION_BYTES })),
    });
    return responses.flatMap(({ topicName, partitions }) => partitions.map((fetched) => ({ topic: topicName, fetched })));
  }

  /** Moves the positions on; `starved` are those that got nothing although the log goes on. */
  #advance(asked: Position[], answers: { topic: string; fetched: FetchedPartition }[]) {
    const records: ReadRecord[] = [];
    const starved: Position[] = [];
    let progressed = false;
    for (const { topic, fetched } of answers) {
      const position = asked.find((candidate) => candidate.topic === topic && candidate.partition === fetched.partition);
      if (!position) continue;
      const from = position.next;
      const stable = BigInt(fetched.lastStableOffset);
      position.next = offsetAfter(fetched, from);
      if (position.next === from && from < stable) {
        // Asked for alone a partition gives its next batch, whatever its size: where there is none, nothing is left up to the stable offset.
        if (asked.length === 1) position.next = stable;
        else starved.push(position);
      }
      if (position.next > from) progressed = true;
      for (const record of committedRecords(fetched)) {
        const offset = BigInt(record.offset);
        if (offset < from || (position.to !== null && offset >= position.to)) continue;
        const { key, value, headers, timestamp } = record;
        records.push({ topic, partition: fetched.partition, offset, key, value, headers, timestamp });
      }
    }
    if (progressed) this.#lastProgress = Date.now();
    return { records, starved, progressed };
  }

  /** Batches of different leaders take turns. */
  #deliver(records: ReadRecord[]): Promise<void> {
    this.#delivery = this.#delivery.then(async () => {
      try {
        for (const record of records) {
          if (this.#stopped) return;
          const working = this.#onRecord(record);
          if (working) await working;
        }
      } catch (error) {
        this.#handlerFault = { error };
        this.#stopped = true;
        throw error;
      }
    });
    return this.#delivery;
  }

  #checkStall(open: Position[], progressed: boolean): void {
    const [stuck] = open;
    if (progressed || !stuck || stuck.to === null || Date.now() - this.#lastProgress < STALL_MS) return;
    throw new ReadStalled(`partition ${stuck.partition} of ${stuck.topic} does not go on after offset ${stuck.next}: a transaction there has not ended`);
  }

  async #recover(error: unknown, failures: number): Promise<void> {
    if (error instanceof ReadStalled) throw error;
    const fault = error as { name?: string; type?: string; host?: string; port?: number; topic?: string; partition?: number };
    if (fault.name === 'KafkaJSOffsetOutOfRange') return this.#skipDeleted();
    // Over a slow line so much does not come in time, and would not the next time either.
    if (fault.name === 'KafkaJSRequestTimeoutError') this.#fetchBytes = Math.max(LEAST_FETCH_BYTES, this.#fetchBytes / 4);
    const bounded = this.#open().some(({ to }) => to !== null);
    if (bounded && Date.now() - this.#lastProgress > STALL_MS) {
      throw new ReadStalled(`Kafka cannot be read: ${(error as Error).message}`, { cause: error });
    }
    if (fault.host && fault.port) this.#cluster.removeBroker({ host: fault.host, port: fault.port });
    await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_PAUSE_MS, 50 * 2 ** failures)));
    await this.#cluster.refreshMetadata().catch(() => this.#cluster.connect().catch(() => undefined));
  }

  /** Retention took records away since the range was named. */
  async #skipDeleted(): Promise<void> {
    const open = this.#open();
    const first = await listOffsets(this.#cluster, [...new Set(open.map(({ topic }) => topic))], EARLIEST);
    for (const position of open) {
      const earliest = first.get(position.topic)?.get(position.partition) ?? 0n;
      if (earliest > position.next) position.next = earliest;
    }
  }
}

const isOpen = ({ next, to }: Position): boolean => to === null || next < to;

const nextAlone = (open: Position[], [starved]: Position[]): Position[] => (starved ? [starved] : open);

function offsetAfter({ messages }: FetchedPartition, from: bigint): bigint {
  const last = messages.at(-1);
  const after = messages.nextOffset ?? (last ? BigInt(last.offset) + 1n : from);
  return after > from ? after : from;
}

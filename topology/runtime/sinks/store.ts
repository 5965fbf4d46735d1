import type { LogPosition, OffsetRange } from '../../../connectors/ports/sink-rows.ts';
import type { AnyOrderEvent } from '../../../schemas/types.ts';
import type { RawRecord } from '../dead-letter.ts';

/** A record as a sink writes it. */
export interface SinkEntry<Row> {
  record: RawRecord;
  row: Row;
}

export interface RefusedEntry<Row> {
  entry: SinkEntry<Row>;
  error: Error;
}

export interface SinkChunk<Row> {
  /** By partition, in the order of the log. */
  entries: readonly SinkEntry<Row>[];
  /** What the chunk takes over, one range a partition; records that gave no entry included. */
  ranges: readonly OffsetRange[];
  refuse: Refuse<Row>;
}

/** Dead-letters rows that the store cannot take; to be awaited before their records count as written. */
export type Refuse<Row> = (refused: readonly RefusedEntry<Row>[]) => Promise<void>;

export interface PartitionName {
  topic: string;
  partition: number;
}

/** Where a sink writes, and where it keeps how far it has come. The two change together, whatever crashes. */
export interface SinkStore<Row> {
  /** Pure: what is stored of an event. */
  row(event: AnyOrderEvent, position: LogPosition): Row;
  /** Finishes what a crash left half done and nobody else is at, or seems to be: a server may take a while to see that somebody is gone. */
  finish?(refuse: Refuse<Row>): Promise<void>;
  /** Says where to go on: the next offset of each partition asked for, 0 for one never read. */
  resume(partitions: readonly PartitionName[]): Promise<bigint[]>;
  /** Takes the chunk over as a whole. After any error nobody knows whether it did: `finish` sees to it, and `resume` tells. */
  write(chunk: SinkChunk<Row>): Promise<void>;
  /** Whether the same call may work later. */
  isPassing(error: unknown): boolean;
  close(): Promise<void>;
}

export const partitionKey = ({ topic, partition }: PartitionName): string => `${topic}/${partition}`;

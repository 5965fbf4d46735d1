import type { OffsetRange } from '../../../connectors/ports/sink-rows.ts';
import type { OutgoingRecord } from '../dead-letter.ts';
import { partitionKey, type SinkEntry } from './store.ts';

/** What one fetch brought of one partition. */
export interface Piece<Row> {
  range: OffsetRange;
  entries: SinkEntry<Row>[];
  deadLetters: OutgoingRecord[];
}

/** Pieces read and not yet written, of all partitions, in the order in which they came. */
export class SinkBuffer<Row> {
  #pieces: Piece<Row>[] = [];
  #rows = 0;

  /** Rows and dead letters at hand. */
  get rows(): number {
    return this.#rows;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** When the oldest record at hand was written to Kafka, ms; undefined where there is none. */
  get oldestTimestamp(): number | undefined {
    const [piece] = this.#pieces;
    return piece?.entries[0] && Number(piece.entries[0].record.timestamp);
  }

  /** A piece follows the one before it of the same partition. */
  add(piece: Piece<Row>): void {
    this.#pieces.push(piece);
    this.#rows += sizeOf(piece);
  }

  /**
   * Takes whole pieces of at most `limit` rows or one piece; joined to one range a partition. First those that share the partition number of
   * the oldest: an order has the same number in every topic, and what is said of it in one chunk is stored once.
   */
  take(limit: number): Piece<Row>[] {
    const taken = new Set<Piece<Row>>();
    let rows = 0;
    for (const piece of [...Map.groupBy(this.#pieces, ({ range }) => range.partition).values()].flat()) {
      if (taken.size > 0 && rows + sizeOf(piece) > limit) break;
      rows += sizeOf(piece);
      taken.add(piece);
    }
    this.#rows -= rows;
    this.#pieces = this.#pieces.filter((piece) => !taken.has(piece));
    return joinByPartition([...taken]);
  }

  clear(): void {
    this.#pieces = [];
    this.#rows = 0;
  }
}

const sizeOf = <Row>({ entries, deadLetters }: Piece<Row>): number => entries.length + deadLetters.length;

function joinByPartition<Row>(pieces: readonly Piece<Row>[]): Piece<Row>[] {
  const joined = [...Map.groupBy(pieces, ({ range }) => partitionKey(range)).values()].map((parts) => {
    const [first, last] = [parts[0] as Piece<Row>, parts.at(-1) as Piece<Row>];
    return {
      range: { ...first.range, next: last.range.next },
      entries: parts.flatMap(({ entries }) => entries),
      deadLetters: parts.flatMap(({ deadLetters }) => deadLetters),
    };
  });
  return joined.sort(byPartition);
}

/** The same order whenever the same ranges are read. */
export function byPartition(a: { range: OffsetRange }, b: { range: OffsetRange }): number {
  if (a.range.topic !== b.range.topic) return a.range.topic < b.range.topic ? -1 : 1;
  return a.range.partition - b.range.partition;
}

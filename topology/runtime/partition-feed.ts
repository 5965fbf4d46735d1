import type { RawRecord } from './dead-letter.ts';

/** Records at hand from which on fetching more has to wait. */
const ENOUGH = 400;

/** What was fetched of one partition and not worked on yet, in order: fetching goes on while a chunk is at work. */
export class PartitionFeed {
  #records: RawRecord[] = [];
  #room = Promise.withResolvers<void>();

  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  get isFull(): boolean {
    return this.#records.length >= ENOUGH;
  }

  /** Resolves when records have left. */
  get room(): Promise<void> {
    return this.#room.promise;
  }

  add(records: readonly RawRecord[]): void {
    this.#records.push(...records);
  }

  /** At most `limit` records, the oldest ones. */
  take(limit: number): RawRecord[] {
    const taken = this.#records.splice(0, limit);
    this.#makeRoom();
    return taken;
  }

  clear(): void {
    this.#records = [];
    this.#makeRoom();
  }

  #makeRoom(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers<void>();
  }
}

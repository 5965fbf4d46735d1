export interface StandBackOptions {
  /** How far the reader may fall behind by waiting, ms; 0: it never waits. */
  longestMs: number;
  /** Threads that want a processor, for each that there is; null where nobody knows. */
  demand(): number | null;
  /** Told of each time it waited, ms. */
  waited(ms: number): void;
}

/** Fewer records in a second are so little work that nobody gains by their waiting. */
const BUSY_RECORDS = 2_000;
const BUSY_WITHIN_MS = 1_000;
const LOOK_EVERY_MS = 100;
/** Demand is the mean of so many looks, since each tells of one moment. */
const LOOKS = 10;
const LEAST_LOOKS = 5;
/** Threads for a processor from which on it waits, and those at which it goes on. */
const CROWDED = 3;
const CALM = 1;
/** Without a busy second for so long nobody looks any more, ms. */
const LOOK_ON_FOR_MS = 10_000;

interface Wait {
  over: PromiseWithResolvers<void>;
  since: number;
  /** At the latest, by `performance.now()`. */
  until: number;
  /** When the oldest record that waits was written, ms, UTC. */
  oldest: number;
}

/**
 * Lets a reader for whom nobody waits wait while others want the processors more than there are: in a burst of orders its work is done after
 * the orders instead of among them. It waits while much comes in and the machine is crowded, never for records older than `longestMs`, and
 * never longer than that.
 */
export class StandBack {
  readonly #options: StandBackOptions;
  readonly #looks: number[] = [];
  #timer: NodeJS.Timeout | null = null;
  #wait: Wait | null = null;
  #secondBegan = Number.NEGATIVE_INFINITY;
  #recordsInSecond = 0;
  #busyAt = 0;

  constructor(options: StandBackOptions) {
    this.#options = options;
  }

  /** When the oldest record that waits was written, ms, UTC; undefined where none does. */
  get oldestTimestamp(): number | undefined {
    return this.#wait?.oldest;
  }

  /** What resolves when it is the turn of so many records, the first of which was written at `writtenAt`, ms, UTC; null when it is now. */
  hold(records: number, writtenAt: number): Promise<void> | null {
    const { longestMs } = this.#options;
    if (longestMs === 0) return null;
    this.#count(records);
    const leftMs = Math.min(longestMs, writtenAt + longestMs - Date.now());
    if (leftMs <= 0 || !(this.#wait || (this.#isBusy && this.#isCrowded))) return null;
    const until = performance.now() + leftMs;
    this.#wait ??= { over: Promise.withResolvers(), since: performance.now(), until, oldest: writtenAt };
    this.#wait.until = Math.min(this.#wait.until, until);
    this.#wait.oldest = Math.min(this.#wait.oldest, writtenAt);
    return this.#wait.over.promise;
  }

  /** Lets go of what waits, and looks no more. */
  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#looks.length = 0;
    this.#goOn();
  }

  #count(records: number): void {
    const now = performance.now();
    if (now - this.#secondBegan >= BUSY_WITHIN_MS) {
      this.#secondBegan = now;
      this.#recordsInSecond = 0;
    }
    this.#recordsInSecond += records;
    if (!this.#isBusy) return;
    this.#busyAt = now;
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  get #isBusy(): boolean {
    return this.#recordsInSecond >= BUSY_RECORDS;
  }

  get #isCrowded(): boolean {
    return this.#looks.length >= LEAST_LOOKS && mean(this.#looks) >= CROWDED;
  }

  #look(): void {
    const demand = this.#options.demand();
    if (demand === null) return this.stop();
    this.#looks.push(demand);
    if (this.#looks.length > LOOKS) this.#looks.shift();
    const now = performance.now();
    if (!this.#wait) return now - this.#busyAt > LOOK_ON_FOR_MS ? this.stop() : undefined;
    if (now < this.#wait.until && mean(this.#looks) >= CALM) return;
    this.#busyAt = now;
    this.#goOn();
  }

  #goOn(): void {
    if (!this.#wait) return;
    const { over, since } = this.#wait;
    this.#wait = null;
    this.#options.waited(performance.now() - since);
    over.resolve();
  }
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

import { setImmediate } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Codec } from '../../schemas/codec.ts';
import type { AnyOrderEvent } from '../../schemas/types.ts';
import { FINAL, type OrderStatus } from '../order-states.ts';
import { byOrder, earlyMarkOf, type InterruptInput, interruptOf, type NewestEvent } from './changelog-fold.ts';
import { parseChangelogKey } from './changelog-keys.ts';
import { mergedCommands } from './merged-commands.ts';
import { OvertakenSteps } from './overtaken-steps.ts';
import type { FencedCommand, RebuildLock } from './rebuild-lock.ts';
import { FlightCounters, hasHead, type ImageCounts, markCommands, orderCommands, supersededCommands } from './state-image.ts';
import { headKey, TIMERS_KEY } from './state-keys.ts';

/** Bytes of events gathered before they are written. */
const BATCH_BYTES = 8 * 1024 * 1024;
/** Records taken in one go; then what is on its way to Redis has its turn, so that Redis works meanwhile. */
const RECORDS_A_TURN = 200;

/** What is remembered of an order that was written, in one number: there are many of them. */
interface Known {
  version: number;
  final: boolean;
  /** Whether Redis was given a head: those of orders that ended long ago are left out. */
  hasHead: boolean;
}

const packed = ({ version, final, hasHead }: Known): number => version * 4 + (final ? 2 : 0) + (hasHead ? 1 : 0);

const unpacked = (value: number): Known => ({ version: value >> 2, final: (value & 2) !== 0, hasHead: (value & 1) !== 0 });

const UNKNOWN = packed({ version: 0, final: false, hasHead: false });
/** Velocity keys told apart; more are not counted, as those are enough to notice that they did not arrive. */
const VELOCITY_KEYS_COUNTED = 100_000;

export interface RestoreOptions {
  redis: Redis;
  lock: RebuildLock;
  codec: Codec;
  /** ms since the epoch: what has lapsed by then is left out. */
  now: number;
  batchBytes?: number;
}

/**
 * Fills Redis from the changelog's records, which may come in any order: an order's newest event counts. What is written is not kept; of
 * each order this process remembers the version alone, so a million orders fit into a little memory. A newer event of an order that was
 * written already takes the place of the older one, which is read back from Redis for that.
 */
export class StateRestore {
  readonly #redis: Redis;
  readonly #lock: RebuildLock;
  readonly #codec: Codec;
  readonly #now: number;
  readonly #written = new Map<string, number>();
  /** By key of their records. */
  readonly #cancels = new Map<string, InterruptInput>();
  readonly #overtaken = new OvertakenSteps();
  readonly #flights: FlightCounters;
  /** Orders that ended long ago and have seats on flights to come: nothing in Redis tells of them whole, so they are written last. */
  readonly #headless = new Map<string, NewestEvent>();
  readonly #batchBytes: number;
  readonly #velocityKeys = new Set<string>();
  #batch = new Map<string, NewestEvent>();
  #gatheredBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #heads = 0;
  #timers = 0;
  records = 0;

  constructor({ redis, lock, codec, now, batchBytes = BATCH_BYTES }: RestoreOptions) {
    this.#batchBytes = batchBytes;
    this.#redis = redis;
    this.#lock = lock;
    this.#codec = codec;
    this.#now = now;
    this.#flights = new FlightCounters(now);
  }

  /** Distinct orders seen so far. */
  get orders(): number {
    return this.#written.size;
  }

  /** Returns at once as a rule; a promise now and then, and where a batch is full and the one before is still being written. */
  add(key: string, value: Buffer | null): void | Promise<void> {
    this.records += 1;
    if (!value) return;
    const decoded = this.#codec.decode(value);
    if (decoded instanceof Promise) return decoded.then((later) => this.#take(key, value, later));
    return this.#take(key, value, decoded);
  }

  /** Writes what is left, and what can only be known at the end: counters, marks and overtaken steps. */
  async finish(): Promise<ImageCounts> {
    await this.#flush();
    await this.#writing;
    await this.#lock.write([...this.#headless.values()].flatMap((newest) => this.#enter(newest, false)));
    const marks = await this.#markCommands();
    await this.#lock.write([...marks, ...this.#flights.commands(), ...this.#overtaken.commands(this.#now)]);
    return {
      heads: this.#heads,
      marks: marks.filter(([command]) => command === 'SET').length,
      timers: this.#timers,
      flights: this.#flights.size,
      velocityKeys: this.#velocityKeys.size,
    };
  }

  #take(key: string, value: Buffer, decoded: Awaited<ReturnType<Codec['decode']>>): void | Promise<void> {
    const about = parseChangelogKey(key);
    if (about.kind === 'cancel') {
      this.#cancels.set(key, interruptOf(decoded));
      return;
    }
    const event = decoded.record as AnyOrderEvent;
    if (about.kind === 'overtaken') return this.#overtaken.add(about.step, event, value);
    const known = Math.max(this.#known(event.orderId).version, this.#batch.get(event.orderId)?.event.version ?? 0);
    if (event.version <= known) return;
    this.#batch.set(event.orderId, { event, bytes: value });
    this.#gatheredBytes += value.length;
    if (this.#gatheredBytes >= this.#batchBytes) return this.#flush();
    if (this.records % RECORDS_A_TURN === 0) return setImmediate();
  }

  #known(orderId: string): Known {
    return unpacked(this.#written.get(orderId) ?? UNKNOWN);
  }

  /** One batch is written while the next is gathered. */
  async #flush(): Promise<void> {
    const batch = [...this.#batch.values()];
    this.#batch = new Map();
    this.#gatheredBytes = 0;
    await this.#writing;
    const replaced = await this.#readBack(batch.filter(({ event }) => this.#known(event.orderId).hasHead));
    const withdrawn = replaced.flatMap((older) => this.#withdraw(older));
    const entered: FencedCommand[] = [];
    for (const newest of batch) {
      this.#headless.delete(newest.event.orderId);
      if (hasHead(newest, this.#now)) for (const command of this.#enter(newest, true)) entered.push(command);
      else this.#putAside(newest);
    }
    this.#writing = this.#lock.write([...withdrawn, ...mergedCommands(entered)]);
    // Whoever waits for it next hears of the fault.
    this.#writing.catch(() => undefined);
  }

  #putAside(newest: NewestEvent): void {
    this.#remember(newest.event, false);
    if (orderCommands(newest, this.#now).length > 0) this.#headless.set(newest.event.orderId, withoutBytes(newest));
  }

  #remember({ orderId, version, status }: AnyOrderEvent, head: boolean): void {
    this.#written.set(orderId, packed({ version, final: FINAL.has(status as OrderStatus), hasHead: head }));
  }

  #enter(newest: NewestEvent, head: boolean): FencedCommand[] {
    const { event } = newest;
    const commands = orderCommands(newest, this.#now);
    this.#remember(event, head);
    this.#flights.add(event);
    this.#count(event, 1, head);
    for (const [command, key] of commands) {
      if (command === 'ZADD' && key !== TIMERS_KEY && this.#velocityKeys.size < VELOCITY_KEYS_COUNTED) this.#velocityKeys.add(key);
    }
    return commands;
  }

  #withdraw(older: NewestEvent) {
    this.#flights.remove(older.event);
    this.#count(older.event, -1, true);
    return supersededCommands(older, this.#now);
  }

  #count({ order: { hold } }: AnyOrderEvent, times: 1 | -1, head: boolean): void {
    if (head) this.#heads += times;
    if (hold?.state === 'held') this.#timers += times;
  }

  async #readBack(newer: readonly NewestEvent[]): Promise<NewestEvent[]> {
    return Promise.all(newer.map(({ event: { orderId } }) => this.#headOf(orderId)));
  }

  async #headOf(orderId: string): Promise<NewestEvent> {
    const bytes = await this.#redis.hgetBuffer(headKey(orderId), 'e');
    if (!bytes) throw new Error(`Redis has lost the head of order ${orderId} while it was rebuilt`);
    return { bytes, event: (await this.#codec.decode(bytes)).record as AnyOrderEvent };
  }

  async #markCommands() {
    const open = [...byOrder(this.#cancels)].filter(([orderId]) => !this.#known(orderId).final);
    const commands = await Promise.all(
      open.map(async ([orderId, inputs]) => {
        const newest = this.#written.has(orderId) ? await this.#headOf(orderId) : null;
        const mark = await earlyMarkOf(inputs, newest?.event);
        return mark ? markCommands(orderId, mark, newest !== null, this.#now) : [];
      }),
    );
    return commands.flat();
  }
}

/** Of an order put aside only its seats are told: the rest would be much for many of them. */
function withoutBytes({ event }: NewestEvent): NewestEvent {
  const { hold, items, passengers, fraud } = event.order;
  const seated = passengers.map(({ passengerId, type }) => ({ passengerId, type, identity: '' }));
  return { event: { ...event, order: { ...event.order, hold, items, fraud, passengers: seated, tickets: [] } } as AnyOrderEvent, bytes: Buffer.alloc(0) };
}

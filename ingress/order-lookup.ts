import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadModel, StoredEvent, StoredOrder } from '../connectors/postgres/read-model.ts';
import type { Codec } from '../schemas/codec.ts';
import type { AnyOrderEvent } from '../schemas/types.ts';
import type { OrderState } from '../topology/runtime/state.ts';
import type { AcceptedOrders } from './accepted-orders.ts';
import type { Log } from './log.ts';
import { Problem } from './problem.ts';

interface Sources {
  readModel: Pick<ReadModel, 'order' | 'history'>;
  state: Pick<OrderState, 'read'>;
  codec: Pick<Codec, 'decode'>;
  accepted: AcceptedOrders;
  log: Log;
}

const GAP_PAUSES_MS = [20, 80, 200];

/** The order's newest event as Redis holds it. */
interface Head {
  stored: StoredOrder;
  event: StoredEvent;
}

/**
 * Finds an order wherever it is known: Redis has its newest event while it is live and for some time after, the read
 * model has all orders some moments late, and this process knows the orders it has just accepted, and what it has seen
 * happen to them. The newest version found is the answer, so nobody who was told of a version reads an older one
 * afterwards. One source away is made up for by the others; where it is not, the answer is 503, never 404.
 */
export class OrderLookup {
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** Throws Problem `order_not_found`, or `unavailable` where that cannot be known. */
  async find(orderId: string): Promise<StoredOrder> {
    const [row, head] = await Promise.allSettled([this.#sources.readModel.order(orderId), this.#head(orderId)]);
    const stored = newer(valueOf(row) ?? null, valueOf(head)?.stored ?? null);
    const found =
      (await this.#seenSince(orderId, stored?.version ?? 0)) ?? stored ?? this.#sources.accepted.placed(orderId);
    if (found) return found;
    this.#refuseIfUnknowable(row, head);
    throw new Problem('order_not_found', 'There is no such order.');
  }

  /** All events known of the order, by version, without repeats; versions may be missing just before the newest. */
  async history(orderId: string): Promise<StoredEvent[]> {
    const [rows, head] = await Promise.allSettled([this.#sources.readModel.history(orderId), this.#head(orderId)]);
    const byVersion = new Map<number, StoredEvent>();
    for (const event of valueOf(rows) ?? []) byVersion.set(event.version, event);
    for (const event of this.#sources.accepted.history(orderId)) byVersion.set(event.version, event);
    const newest = valueOf(head)?.event;
    if (newest) byVersion.set(newest.version, newest);
    if (byVersion.size === 0) this.#refuseIfUnknowable(rows, head);
    return [...byVersion.values()].sort((a, b) => a.version - b.version);
  }

  /**
   * As `history`, and waits a moment for versions missing before the newest: of events that were committed together
   * some are told before others. What is still missing then is left out.
   */
  async settledHistory(orderId: string): Promise<StoredEvent[]> {
    for (const pauseMs of GAP_PAUSES_MS) {
      const events = await this.history(orderId);
      if (events.length === (events.at(-1)?.version ?? 0)) return events;
      await sleep(pauseMs);
    }
    return this.history(orderId);
  }

  /** The order as an encoded event carries it. */
  async decode(value: Buffer): Promise<StoredOrder> {
    return (await this.#decode(value)).stored;
  }

  /** What this process has seen happen to the order, where that is newer. */
  async #seenSince(orderId: string, version: number): Promise<StoredOrder | null> {
    const newest = this.#sources.accepted.newest(orderId);
    return newest && newest.version > version ? this.decode(newest.value) : null;
  }

  async #head(orderId: string): Promise<Head | null> {
    const { head } = await this.#sources.state.read(orderId);
    return head ? this.#decode(head.event) : null;
  }

  async #decode(value: Buffer): Promise<Head> {
    const { record } = await this.#sources.codec.decode(value);
    const { eventId, orderId, order, version, status, occurredAt, type } = record as AnyOrderEvent;
    return {
      stored: { orderId, order, version, status, updatedAt: occurredAt },
      event: { eventId, version, type, status, occurredAt },
    };
  }

  #refuseIfUnknowable(...answers: PromiseSettledResult<unknown>[]): void {
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (!failed) return;
    this.#sources.log.warn({ err: failed.reason }, 'order look-up failed');
    throw new Problem('unavailable', 'The order cannot be read at the moment.', {
      retryAfterSeconds: 1,
      cause: failed.reason,
    });
  }
}

const valueOf = <Value>(answer: PromiseSettledResult<Value>): Value | null =>
  answer.status === 'fulfilled' ? answer.value : null;

function newer(row: StoredOrder | null, head: StoredOrder | null): StoredOrder | null {
  if (!row || !head) return row ?? head;
  return head.version > row.version ? head : row;
}

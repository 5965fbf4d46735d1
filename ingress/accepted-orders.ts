import type { StoredEvent, StoredOrder } from '../connectors/postgres/read-model.ts';
import type { EventType, Order } from '../schemas/types.ts';
import { nextStatus, restsAfter, type OrderStatus } from '../topology/order-states.ts';
import { keptBytes } from '../topology/runtime/kept-bytes.ts';
import type { LiveEvent, Observer } from './live.ts';

export interface NewestEvent {
  version: number;
  /** As encoded for its topic. */
  value: Buffer;
}

interface Accepted {
  acceptedAt: number;
  /** As placed; let go with the first event. */
  order: Order | null;
  newest: NewestEvent | null;
  events: Map<number, { eventId: string; type: EventType; occurredAt: number }>;
}

const KEPT_MS = 5 * 60_000;
const MAX_KEPT = 20_000;

/**
 * The orders this process accepted in the last minutes, with their events as they were seen to happen. It answers for
 * an order between its acceptance and the moment the stores know it, fills what the read model has not caught up with,
 * and counts the orders under way. An order whose end is never seen stops counting after `forgetMs`, so that a lost
 * view of the events cannot refuse orders for good.
 */
export class AcceptedOrders implements Observer {
  /** Both by time of acceptance, oldest first. */
  readonly #orders = new Map<string, Accepted>();
  readonly #underWay = new Map<string, number>();
  readonly #now: () => number;
  readonly #forgetMs: number;

  constructor(options: { now: () => number; forgetMs: number }) {
    this.#now = options.now;
    this.#forgetMs = options.forgetMs;
  }

  /** Orders accepted here that have neither ended nor come to rest. */
  get underWay(): number {
    const oldest = this.#now() - this.#forgetMs;
    for (const [orderId, acceptedAt] of this.#underWay) {
      if (acceptedAt > oldest) break;
      this.#underWay.delete(orderId);
    }
    return this.#underWay.size;
  }

  /**
   * Called before the command is published, so that no event of it can come first. False, and no change, where the
   * order is here already.
   */
  add(order: Order): boolean {
    if (this.#orders.has(order.orderId)) return false;
    const acceptedAt = this.#now();
    this.#orders.set(order.orderId, { acceptedAt, order, newest: null, events: new Map() });
    this.#underWay.set(order.orderId, acceptedAt);
    for (const [orderId, { acceptedAt: at }] of this.#orders) {
      if (at > acceptedAt - KEPT_MS && this.#orders.size <= MAX_KEPT) break;
      this.#orders.delete(orderId);
      this.#underWay.delete(orderId);
    }
    return true;
  }

  /** The command may not have been published. */
  remove(orderId: string): void {
    if (this.#orders.get(orderId)?.events.size !== 0) return;
    this.#orders.delete(orderId);
    this.#underWay.delete(orderId);
  }

  wants(orderId: string): boolean {
    return this.#orders.has(orderId);
  }

  see(event: LiveEvent): void {
    const accepted = this.#orders.get(event.orderId);
    if (!accepted) return;
    accepted.order = null;
    if (event.version > (accepted.newest?.version ?? 0))
      accepted.newest = { version: event.version, value: keptBytes(event.value) };
    accepted.events.set(event.version, { eventId: event.eventId, type: event.type, occurredAt: event.occurredAt });
    if (event.endsIn && restsAfter(event.type, event.endsIn)) this.#underWay.delete(event.orderId);
  }

  /** The order as it was placed, while no event of it has been seen. */
  placed(orderId: string): StoredOrder | null {
    const order = this.#orders.get(orderId)?.order;
    return order ? { orderId, order, version: 1, status: 'Received', updatedAt: order.placedAt } : null;
  }

  /** The newest event of the order seen so far. */
  newest(orderId: string): NewestEvent | null {
    return this.#orders.get(orderId)?.newest ?? null;
  }

  /** The events seen, from version 1 up to the first one missing. */
  history(orderId: string): StoredEvent[] {
    const events = this.#orders.get(orderId)?.events;
    const seen: StoredEvent[] = [];
    let status: OrderStatus | 'new' = 'new';
    for (let version = 1; ; version += 1) {
      const event = events?.get(version);
      const next: OrderStatus | null = event ? nextStatus(status, event.type) : null;
      if (!event || !next) return seen;
      status = next;
      seen.push({ eventId: event.eventId, version, type: event.type, status, occurredAt: event.occurredAt });
    }
  }
}

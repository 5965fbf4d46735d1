import { EVENT_TYPES, type EventType } from '../schemas/types.ts';
import { transitionOf, type OrderStatus } from '../topology/order-states.ts';
import { headerText, ORDER_VERSION } from '../topology/runtime/headers.ts';

/** A record of an event topic as the tail reads it. */
export interface TailRecord {
  key: Buffer | string | null;
  value: Buffer | null;
  headers?: Record<string, Buffer | string | (Buffer | string)[] | undefined> | undefined;
}

/** An event as its headers tell it; the value stays encoded until somebody needs the order. */
export interface LiveEvent {
  orderId: string;
  eventId: string;
  type: EventType;
  version: number;
  /** ms, UTC. */
  occurredAt: number;
  /** The status it brings; null where it keeps the one before. */
  endsIn: OrderStatus | null;
  value: Buffer;
}

/** Sees every event of the orders it asks for. */
export interface Observer {
  wants(orderId: string): boolean;
  see(event: LiveEvent): void;
}

export interface Waiter {
  /** The first event `until` holds for; null when the time is over, or the process shuts down. */
  readonly found: Promise<LiveEvent | null>;
  cancel(): void;
}

const KNOWN = new Set<string>(EVENT_TYPES);

/**
 * Hands events on to whoever waits for them in this process. One reader of all event topics calls `dispatch`; a record
 * nobody has asked for costs one look-up. Events of one order come from several topics, so their order of arrival is
 * not their version's: listeners sort.
 */
export class LiveEvents {
  readonly #listeners = new Map<string, Set<(event: LiveEvent) => void>>();
  readonly #observers: Observer[] = [];
  readonly #closing = new Set<() => void>();

  observe(observer: Observer): void {
    this.#observers.push(observer);
  }

  dispatch(record: TailRecord): void {
    if (record.key === null || record.value === null) return;
    const orderId = record.key.toString();
    const listeners = this.#listeners.get(orderId);
    const observers = this.#observers.filter((observer) => observer.wants(orderId));
    if (!listeners && observers.length === 0) return;
    const event = liveEvent(orderId, record.value, record.headers);
    if (!event) return;
    for (const observer of observers) observer.see(event);
    for (const listener of listeners ? [...listeners] : []) listener(event);
  }

  /** Calls `listener` with each event of the order from now on, until the function returned is called. */
  watch(orderId: string, listener: (event: LiveEvent) => void): () => void {
    const listeners = this.#listeners.get(orderId) ?? new Set();
    const own = (event: LiveEvent): void => listener(event);
    this.#listeners.set(orderId, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(orderId) === listeners) this.#listeners.delete(orderId);
    };
  }

  /** Starts waiting at once; await `found` later, after the command has been published. */
  waitFor(orderId: string, until: (event: LiveEvent) => boolean, timeoutMs: number): Waiter {
    let end: (event: LiveEvent | null) => void = () => {};
    const found = new Promise<LiveEvent | null>((resolve) => {
      end = (event) => {
        unwatch();
        clearTimeout(timer);
        this.#closing.delete(giveUp);
        resolve(event);
      };
    });
    const unwatch = this.watch(orderId, (event) => {
      if (until(event)) end(event);
    });
    const giveUp = (): void => end(null);
    const timer = setTimeout(giveUp, timeoutMs);
    this.#closing.add(giveUp);
    return { found, cancel: giveUp };
  }

  /** Ends all waiting: each waiter finds nothing. */
  close(): void {
    for (const giveUp of [...this.#closing]) giveUp();
  }

  /** Orders somebody listens to. */
  get watched(): number {
    return this.#listeners.size;
  }
}

function liveEvent(orderId: string, value: Buffer, headers: TailRecord['headers']): LiveEvent | null {
  const type = headerText(headers, 'ce_type');
  const version = Number(headerText(headers, ORDER_VERSION));
  const occurredAt = Date.parse(headerText(headers, 'ce_time') ?? '');
  if (type === undefined || !KNOWN.has(type) || !Number.isInteger(version) || Number.isNaN(occurredAt)) return null;
  const { to } = transitionOf(type as EventType);
  return {
    orderId,
    eventId: headerText(headers, 'ce_id') ?? '',
    type: type as EventType,
    version,
    occurredAt,
    endsIn: to === 'same' ? null : to,
    value,
  };
}

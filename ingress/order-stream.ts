import type { StoredEvent } from '../connectors/postgres/read-model.ts';
import type { EventType } from '../schemas/types.ts';
import { FINAL, type OrderStatus, transitionOf } from '../topology/order-states.ts';
import type { LiveEvent } from './live.ts';

/** One event as a stream's client gets it; `version` is also the stream's event id. */
export interface StreamedEvent {
  version: number;
  event: EventType;
  /** Status after the event. */
  status: OrderStatus;
  /** ms, UTC. */
  occurredAt: number;
}

interface Options {
  /** The version the client has seen last; 0 for none. */
  after: number;
  /** All events known of the order; some versions may be missing before the newest. */
  history(): Promise<readonly StoredEvent[]>;
  watch(listener: (event: LiveEvent) => void): () => void;
  write(event: StreamedEvent): void;
  heartbeat(): void;
  /** The stream has ended by itself: the order's end was written a while ago. */
  ended(): void;
  fault(error: unknown): void;
  heartbeatMs: number;
  graceMs: number;
  gapMs: number;
}

interface Pending {
  type: EventType;
  occurredAt: number;
  /** Null where only the event before tells. */
  status: OrderStatus | null;
}

/**
 * An order's events for one client: every version after `after` once, in order, whatever order they arrive in. Live
 * events come from many topics; what is missing between them is read from the history, again and again until it is
 * there. At each heartbeat the history is read as well, so that an event the live view has missed is late, not lost.
 */
export class OrderStream {
  readonly #options: Options;
  readonly #pending = new Map<number, Pending>();
  readonly #unwatch: () => void;
  readonly #heartbeat: NodeJS.Timeout;
  #gap: NodeJS.Timeout | null = null;
  #grace: NodeJS.Timeout | null = null;
  #next: number;
  /** The version written last. */
  #written = 0;
  #status: OrderStatus | null = null;
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
    this.#next = options.after + 1;
    this.#unwatch = options.watch((event) => {
      this.#take(event.version, { type: event.type, occurredAt: event.occurredAt, status: event.endsIn });
      this.#drain();
    });
    this.#heartbeat = setInterval(() => {
      options.heartbeat();
      void this.#readHistory();
    }, options.heartbeatMs);
    void this.#readHistory();
  }

  close(): void {
    this.#closed = true;
    this.#unwatch();
    clearInterval(this.#heartbeat);
    if (this.#gap) clearTimeout(this.#gap);
    if (this.#grace) clearTimeout(this.#grace);
  }

  #take(version: number, event: Pending): void {
    if (version >= this.#next) this.#pending.set(version, event);
    else if (version === this.#next - 1) this.#status ??= event.status;
  }

  #drain(): void {
    for (let event = this.#pending.get(this.#next); event && !this.#closed; event = this.#pending.get(this.#next)) {
      const status: OrderStatus | null = event.status ?? this.#status;
      if (status === null) break;
      this.#pending.delete(this.#next);
      this.#options.write({ version: this.#next, event: event.type, status, occurredAt: event.occurredAt });
      this.#written = this.#next;
      this.#next += 1;
      this.#status = status;
      this.#endSoonIf(endsOrder(event.type, status));
    }
    if (this.#pending.size > 0) this.#readHistorySoon();
  }

  async #readHistory(): Promise<void> {
    try {
      const events = await this.#options.history();
      for (const { version, type, status, occurredAt } of events) {
        this.#take(version, { type: type as EventType, occurredAt, status: status as OrderStatus });
      }
      const last = events.at(-1);
      // A history that lags behind what was written live says nothing about the end.
      if (last && last.version < this.#next && last.version >= this.#written && endsOrder(last.type as EventType, last.status as OrderStatus))
        this.#endSoonIf(true);
    } catch (error) {
      this.#options.fault(error);
      if (!this.#closed) this.#readHistorySoon();
      return;
    }
    if (!this.#closed) this.#drain();
  }

  #readHistorySoon(): void {
    if (this.#gap || this.#closed) return;
    this.#gap = setTimeout(() => {
      this.#gap = null;
      void this.#readHistory();
    }, this.#options.gapMs);
  }

  /** A final status ends the stream in a while, unless the order moves on from it before. */
  #endSoonIf(final: boolean): void {
    if (!final && this.#grace) clearTimeout(this.#grace);
    if (!final) this.#grace = null;
    if (!final || this.#grace || this.#closed) return;
    this.#grace = setTimeout(() => {
      this.close();
      this.#options.ended();
    }, this.#options.graceMs);
  }
}

const endsOrder = (type: EventType, status: OrderStatus): boolean =>
  transitionOf(type).to !== 'same' && FINAL.has(status);

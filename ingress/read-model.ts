import type { Channel, EventType, Order } from '../schemas/types.ts';
import type { OrderStatus } from '../topology/order-states.ts';

/** An order as it stands after its newest event known to the store. Times in ms, UTC. */
export interface StoredOrder {
  order: Order;
  version: number;
  status: OrderStatus;
  /** When the newest event happened. */
  updatedAt: number;
}

export interface StoredEvent {
  version: number;
  type: EventType;
  /** Status after the event. */
  status: OrderStatus;
  occurredAt: number;
}

/** Orders to list, newest first. All given filters hold. */
export interface OrderQuery {
  limit: number;
  cursor?: string | undefined;
  status?: OrderStatus | undefined;
  channel?: Channel | undefined;
  customerId?: string | undefined;
  /** First and one past the last moment of placing, ms, UTC. */
  from?: number | undefined;
  to?: number | undefined;
}

export interface OrderPage {
  orders: readonly StoredOrder[];
  nextCursor: string | null;
}

/** Orders as the sinks have written them down; some moments behind the pipeline. */
export interface ReadModel {
  order(orderId: string): Promise<StoredOrder | null>;
  /** All events of the order known to the store, by version. */
  history(orderId: string): Promise<readonly StoredEvent[]>;
  /** Throws UnknownCursor where the cursor is none it gave out. */
  list(query: OrderQuery): Promise<OrderPage>;
}

export class UnknownCursor extends Error {
  override name = 'UnknownCursor';
}

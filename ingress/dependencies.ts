import type { Registry } from 'prom-client';
import type { CataloguePort } from '../connectors/ports/catalogue.ts';
import type { InventoryPort } from '../connectors/ports/inventory.ts';
import type { KeyPort } from '../connectors/ports/keys.ts';
import type { ReadModel } from '../connectors/postgres/read-model.ts';
import type { Settings } from '../processors/settings.ts';
import type { Codec } from '../schemas/codec.ts';
import type { OrderCommand } from '../schemas/types.ts';
import type { OrderState } from '../topology/runtime/state.ts';
import type { AcceptedOrders } from './accepted-orders.ts';
import type { AvailabilitySearch } from './availability.ts';
import type { IdempotencyStore } from './idempotency.ts';
import type { LiveEvents } from './live.ts';
import type { Log } from './log.ts';
import type { OrderLookup } from './order-lookup.ts';

/** The settings the HTTP API heeds. */
export type IngressSettings = Pick<
  Settings,
  | 'maxConcurrentOrders'
  | 'orderTimeoutMs'
  | 'currencies'
  | 'refundWindowDays'
  | 'inventorySyncMs'
  | 'overbookingFactor'
  | 'allocation'
>;

/** Everything outside that the API needs. Tests pass fakes; main.ts passes the real ones. */
export interface IngressDeps {
  readModel: Pick<ReadModel, 'order' | 'history' | 'list'>;
  state: Pick<OrderState, 'read'>;
  /** Resolves once the command is on its topic for good; rejects when that is not certain. */
  publish(command: OrderCommand, headers: Readonly<Record<string, string>>): Promise<void>;
  codec: Pick<Codec, 'decode'>;
  live: LiveEvents;
  catalogue: CataloguePort;
  inventory: Pick<InventoryPort, 'counts' | 'changes'>;
  keys: KeyPort;
  idempotency: IdempotencyStore;
  /** Answered as it is by GET /topology. */
  topology: unknown;
  /** Readiness: each rejects while its part is away. */
  checks: Readonly<Record<string, () => Promise<void>>>;
  settings: IngressSettings;
  /** For keyed hashes of addresses and devices. */
  pepper: string;
  /** Where http metrics are registered; also what GET /metrics answers. */
  metrics: Registry;
  limits?: Partial<Limits>;
  log: Log;
  /** ms since the epoch, UTC. */
  now(): number;
  /** A new UUID that sorts by time. */
  newId(): string;
}

export interface Limits {
  /** Live event streams this process serves at most. */
  streams: number;
  heartbeatMs: number;
  /** How long a stream stays open after the order's final status. */
  streamGraceMs: number;
  /** How long a stream waits for a missing version before it reads the history again. */
  gapMs: number;
  /** How far availability answers may be behind the inventory, ms; never further than the inventory sync setting. */
  availabilityMs: number;
  /** How long a readiness check may take. */
  checkMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  streams: 500,
  heartbeatMs: 15_000,
  streamGraceMs: 1_000,
  gapMs: 250,
  availabilityMs: 1_000,
  checkMs: 2_000,
};

/** The dependencies with what the API builds on them, as handlers see it. */
export interface Ingress extends Omit<IngressDeps, 'limits'> {
  limits: Limits;
  accepted: AcceptedOrders;
  orders: OrderLookup;
  availability: AvailabilitySearch;
  openStreams: Set<{ close(): void }>;
}

import type { CataloguePort } from '../../connectors/ports/catalogue.ts';
import { countersKey, entriesKey, keptUntil } from '../../connectors/redis-inventory/flight-key.ts';
import { type FlightSeats, flightSeatsOf, seatsText } from '../../connectors/redis-inventory/flight-seats.ts';
import { velocityKey } from '../../connectors/redis-velocity/index.ts';
import { seatsOf } from '../../processors/inventory/seats.ts';
import { DIMENSIONS } from '../../processors/payments/velocity.ts';
import type { Settings } from '../../processors/settings.ts';
import type { AnyOrderEvent, Order } from '../../schemas/types.ts';
import { type OrderStatus, restsAfter } from '../order-states.ts';
import type { EarlyMark, NewestEvent } from './changelog-fold.ts';
import type { FencedCommand } from './rebuild-lock.ts';
import { EARLY_MARK_TTL_MS, headKey, headTtlMs, markKey, TIMERS_KEY, timerMember } from './state-keys.ts';

/** How many of each the image holds. */
export interface ImageCounts {
  heads: number;
  marks: number;
  timers: number;
  flights: number;
  velocityKeys: number;
}

/** Keys that would expire before the rebuild is over are left out. */
const SHORTEST_TTL_MS = 60_000;

/** What Redis has to hold for the given orders, as the writes that put it there. */
export function stateImage(
  orders: ReadonlyMap<string, NewestEvent>,
  marks: ReadonlyMap<string, EarlyMark>,
  now: number,
): { commands: FencedCommand[]; counts: ImageCounts } {
  const heads = [...orders.values()].flatMap((newest) => headCommands(newest, now));
  const left = [...marks].flatMap(([orderId, mark]) => markCommands(orderId, mark, orders.has(orderId), now));
  const timers = [...orders.values()].flatMap(({ event }) => timerCommands(event));
  const entries = [...orders.values()].flatMap(({ event }) => entryCommands(event, now));
  const flights = new FlightCounters(now);
  for (const { event } of orders.values()) flights.add(event);
  const velocity = [...orders.values()].flatMap(({ event }) => velocityCommands(event, now));
  return {
    commands: [...heads, ...left, ...timers, ...entries, ...flights.commands(), ...velocity],
    counts: {
      heads: heads.filter(([command]) => command === 'HSET').length,
      marks: left.filter(([command]) => command === 'SET').length,
      timers: timers.length,
      flights: flights.size,
      velocityKeys: new Set(velocity.map(([, key]) => key)).size,
    },
  };
}

/** Whether Redis keeps the order itself, and not only its seats: not where it ended long ago. */
export const hasHead = (newest: NewestEvent, now: number): boolean => headCommands(newest, now).length > 0;

/** What one order brings besides its share in the counters of its flights. */
export const orderCommands = (newest: NewestEvent, now: number): FencedCommand[] => [
  ...headCommands(newest, now),
  ...timerCommands(newest.event),
  ...entryCommands(newest.event, now),
  ...velocityCommands(newest.event, now),
];

/** Takes away what an older event of the order brought; what it told of the order's fraud score holds for all later ones. */
export const supersededCommands = ({ event }: NewestEvent, now: number): FencedCommand[] => [
  ['DEL', headKey(event.orderId)],
  ...timerCommands(event).map(([, key, , member]): FencedCommand => ['ZREM', key, member as string]),
  ...entryCommands(event, now).map(([, key, orderId]): FencedCommand => ['HDEL', key, orderId as string]),
];

function headCommands({ event, bytes }: NewestEvent, now: number): FencedCommand[] {
  const key = headKey(event.orderId);
  const atRest = restsAfter(event.type, event.status as OrderStatus) ? 1 : 0;
  const write: FencedCommand = ['HSET', key, 'v', event.version, 's', event.status, 'r', atRest, 'e', bytes];
  const ttl = headTtlMs(event.status);
  if (ttl === null) return [write];
  const left = event.occurredAt + ttl - now;
  return left < SHORTEST_TTL_MS ? [] : [write, ['PEXPIRE', key, left]];
}

export function markCommands(orderId: string, { mark, at }: EarlyMark, hasOrder: boolean, now: number): FencedCommand[] {
  const write: FencedCommand = ['SET', markKey(orderId), JSON.stringify(mark)];
  if (hasOrder) return [write];
  const left = at + EARLY_MARK_TTL_MS - now;
  return left < SHORTEST_TTL_MS ? [] : [write, ['PEXPIRE', markKey(orderId), left]];
}

function timerCommands({ orderId, order: { hold } }: AnyOrderEvent): FencedCommand[] {
  return hold?.state === 'held' ? [['ZADD', TIMERS_KEY, hold.expiresAt, timerMember(orderId, 'hold_expiry')]] : [];
}

const NO_CATALOGUE = { flight: () => undefined } as Partial<CataloguePort> as CataloguePort;
const NO_OVERBOOKING = { overbookingFactor: 1 } as Settings;

/** The seats of an order on the flights whose keys outlive the rebuild. */
function seatsKept({ order }: AnyOrderEvent, now: number): FlightSeats[] {
  const flights = flightSeatsOf(seatsOf(order, NO_CATALOGUE, NO_OVERBOOKING));
  return flights.filter((flight) => keptUntil(flight) - now > SHORTEST_TTL_MS);
}

function entryCommands(event: AnyOrderEvent, now: number): FencedCommand[] {
  const state = seatStateOf(event);
  const { orderId, order } = event;
  if (!state || !order.hold) return [];
  const { expiresAt } = order.hold;
  return seatsKept(event, now).map((flight) => {
    const entry = state === 'released' ? state : `${state} ${expiresAt} ${seatsText(flight.classes)} rebuilt`;
    return ['HSET', entriesKey(flight), orderId, entry];
  });
}

/** Seats held and sold on each flight, summed up over orders. */
export class FlightCounters {
  readonly #now: number;
  readonly #flights = new Map<string, { flight: FlightSeats; orders: number; seats: Map<string, number> }>();

  constructor(now: number) {
    this.#now = now;
  }

  get size(): number {
    return this.#flights.size;
  }

  add(event: AnyOrderEvent): void {
    this.#count(event, 1);
  }

  /** For an event that was added, and is not the order's newest after all. */
  remove(event: AnyOrderEvent): void {
    this.#count(event, -1);
  }

  #count(event: AnyOrderEvent, times: 1 | -1): void {
    const state = seatStateOf(event);
    if (!state) return;
    for (const wanted of seatsKept(event, this.#now)) {
      const key = countersKey(wanted);
      const known = this.#flights.get(key) ?? { flight: wanted, orders: 0, seats: new Map() };
      this.#flights.set(key, known);
      known.orders += times;
      if (known.orders === 0) this.#flights.delete(key);
      if (state === 'released') continue;
      for (const { bookingClass, seats } of wanted.classes) {
        const counter = `${state === 'sold' ? 's' : 'h'}:${bookingClass}`;
        known.seats.set(counter, (known.seats.get(counter) ?? 0) + times * seats);
      }
    }
  }

  commands(): FencedCommand[] {
    return [...this.#flights].flatMap(([key, { flight, orders, seats }]): FencedCommand[] => [
      ['HSET', key, ...[...seats].flat(), 'seq', orders],
      ['PEXPIREAT', entriesKey(flight), keptUntil(flight)],
      ['PEXPIREAT', key, keptUntil(flight)],
    ]);
  }
}

/** A hold that lapsed before it became a sale was given back there and then, before the event that says so. */
function seatStateOf({ type, order }: AnyOrderEvent): 'held' | 'sold' | 'released' | null {
  if (!order.hold) return null;
  return type === 'InventoryUnavailable' ? 'released' : order.hold.state;
}

const WINDOWS = new Map(DIMENSIONS.map(({ name, windowMs }) => [name, windowMs]));

function velocityCommands({ orderId, order }: AnyOrderEvent, now: number): FencedCommand[] {
  return velocityOf(order)
    .filter(({ expiresAt }) => expiresAt - now >= SHORTEST_TTL_MS)
    .flatMap(({ key, scoredAt, windowMs }): FencedCommand[] => [
      ['ZADD', key, scoredAt, orderId],
      // Long enough whichever of the key's orders comes last.
      ['PEXPIRE', key, windowMs],
    ]);
}

function velocityOf({ fraud }: Order): { key: string; scoredAt: number; expiresAt: number; windowMs: number }[] {
  return (fraud?.velocityKeys ?? []).flatMap((key) => {
    const windowMs = WINDOWS.get(key.slice(0, key.indexOf(':')));
    if (!fraud || windowMs === undefined) return [];
    return [{ key: velocityKey(key), scoredAt: fraud.scoredAt, expiresAt: fraud.scoredAt + windowMs, windowMs }];
  });
}

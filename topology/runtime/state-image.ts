import type { CataloguePort } from '../../connectors/ports/catalogue.ts';
import { countersKey, entriesKey, keptUntil } from '../../connectors/redis-inventory/flight-key.ts';
import { flightSeatsOf, seatsText } from '../../connectors/redis-inventory/flight-seats.ts';
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
  const inventory = inventoryCommands(orders.values(), now);
  const velocity = velocityCommands(orders.values(), now);
  const count = (commands: readonly FencedCommand[], name: string): number =>
    commands.filter(([command]) => command === name).length;
  return {
    commands: [...heads, ...left, ...timers, ...inventory.commands, ...velocity],
    counts: {
      heads: count(heads, 'HSET'),
      marks: count(left, 'SET'),
      timers: timers.length,
      flights: inventory.flights,
      velocityKeys: count(velocity, 'PEXPIRE'),
    },
  };
}

function headCommands({ event, bytes }: NewestEvent, now: number): FencedCommand[] {
  const key = headKey(event.orderId);
  const atRest = restsAfter(event.type, event.status as OrderStatus) ? 1 : 0;
  const write: FencedCommand = ['HSET', key, 'v', event.version, 's', event.status, 'r', atRest, 'e', bytes];
  const ttl = headTtlMs(event.status);
  if (ttl === null) return [write];
  const left = event.occurredAt + ttl - now;
  return left < SHORTEST_TTL_MS ? [] : [write, ['PEXPIRE', key, left]];
}

function markCommands(orderId: string, { mark, at }: EarlyMark, hasOrder: boolean, now: number): FencedCommand[] {
  const write: FencedCommand = ['SET', markKey(orderId), JSON.stringify(mark)];
  if (hasOrder) return [write];
  const left = at + EARLY_MARK_TTL_MS - now;
  return left < SHORTEST_TTL_MS ? [] : [write, ['PEXPIRE', markKey(orderId), left]];
}

function timerCommands({ orderId, order: { hold } }: AnyOrderEvent): FencedCommand[] {
  return hold?.state === 'held' ? [['ZADD', TIMERS_KEY, hold.expiresAt, timerMember(orderId, 'hold_expiry')]] : [];
}

interface FlightImage {
  keptUntil: number;
  entriesKey: string;
  entries: Map<string, string>;
  counters: Map<string, number>;
}

function inventoryCommands(orders: Iterable<NewestEvent>, now: number): { commands: FencedCommand[]; flights: number } {
  const flights = new Map<string, FlightImage>();
  for (const { event } of orders) addSeats(flights, event, now);
  const commands = [...flights].flatMap(([key, flight]): FencedCommand[] => [
    ...[...flight.entries].map(([orderId, entry]): FencedCommand => ['HSET', flight.entriesKey, orderId, entry]),
    ['HSET', key, ...[...flight.counters].flat(), 'seq', flight.entries.size],
    ['PEXPIREAT', flight.entriesKey, flight.keptUntil],
    ['PEXPIREAT', key, flight.keptUntil],
  ]);
  return { commands, flights: flights.size };
}

const NO_CATALOGUE = { flight: () => undefined } as Partial<CataloguePort> as CataloguePort;
const NO_OVERBOOKING = { overbookingFactor: 1 } as Settings;

function addSeats(flights: Map<string, FlightImage>, event: AnyOrderEvent, now: number): void {
  const { orderId, order } = event;
  const state = seatStateOf(event);
  if (!state || !order.hold) return;
  for (const wanted of flightSeatsOf(seatsOf(order, NO_CATALOGUE, NO_OVERBOOKING))) {
    const until = keptUntil(wanted);
    if (!(until - now > SHORTEST_TTL_MS)) continue;
    const key = countersKey(wanted);
    const flight = flights.get(key) ?? {
      keptUntil: until,
      entriesKey: entriesKey(wanted),
      entries: new Map(),
      counters: new Map(),
    };
    flights.set(key, flight);
    flight.entries.set(
      orderId,
      state === 'released' ? state : `${state} ${order.hold.expiresAt} ${seatsText(wanted.classes)} rebuilt`,
    );
    if (state === 'released') continue;
    for (const { bookingClass, seats } of wanted.classes) {
      const counter = `${state === 'sold' ? 's' : 'h'}:${bookingClass}`;
      flight.counters.set(counter, (flight.counters.get(counter) ?? 0) + seats);
    }
  }
}

/** A hold that lapsed before it became a sale was given back there and then, before the event that says so. */
function seatStateOf({ type, order }: AnyOrderEvent): 'held' | 'sold' | 'released' | null {
  if (!order.hold) return null;
  return type === 'InventoryUnavailable' ? 'released' : order.hold.state;
}

const WINDOWS = new Map(DIMENSIONS.map(({ name, windowMs }) => [name, windowMs]));

function velocityCommands(orders: Iterable<NewestEvent>, now: number): FencedCommand[] {
  const commands: FencedCommand[] = [];
  const newest = new Map<string, number>();
  for (const { event } of orders) {
    for (const { key, expiresAt, scoredAt } of velocityOf(event.order)) {
      if (expiresAt - now < SHORTEST_TTL_MS) continue;
      commands.push(['ZADD', key, scoredAt, event.orderId]);
      newest.set(key, Math.max(expiresAt, newest.get(key) ?? 0));
    }
  }
  return [...commands, ...[...newest].map(([key, expiresAt]): FencedCommand => ['PEXPIRE', key, expiresAt - now])];
}

function velocityOf({ fraud }: Order): { key: string; scoredAt: number; expiresAt: number }[] {
  return (fraud?.velocityKeys ?? []).flatMap((key) => {
    const windowMs = WINDOWS.get(key.slice(0, key.indexOf(':')));
    if (!fraud || windowMs === undefined) return [];
    return [{ key: velocityKey(key), scoredAt: fraud.scoredAt, expiresAt: fraud.scoredAt + windowMs }];
  });
}

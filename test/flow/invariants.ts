import { FINAL, type OrderStatus } from '../../topology/order-states.ts';
import { CHECKS } from '../../topology/operator/verify/checks.ts';
import type { Evidence, LoggedOrder } from '../../topology/operator/verify/evidence.ts';
import { newestState } from '../../topology/operator/verify/log-fold.ts';
import { TRAVEL_DATE, type World } from './world.ts';

/** The checks of `iaros verify` that make sense without stores, on what a world holds. */
const APPLICABLE = new Set(['accepted', 'final', 'versions', 'event_ids', 'payments_once', 'payments_match', 'bookings', 'seats']);

const NO_STORE = { orders: new Map(), totals: { events: 0, distinctEventIds: 0, totals: {} } };

/** Everything wrong with the world, as texts; `placed` are the orders whose place command was piped in. */
export async function violationsOf(world: World, placed: Iterable<string>, flights: readonly string[]): Promise<string[]> {
  const evidence = await evidenceOf(world, placed, flights);
  return CHECKS.filter(({ name }) => APPLICABLE.has(name)).flatMap(({ name, violations }) => [...violations(evidence)].map((text) => `${name}: ${text}`));
}

async function evidenceOf(world: World, placed: Iterable<string>, flights: readonly string[]): Promise<Evidence> {
  const orders = new Map<string, LoggedOrder>();
  for (const event of await world.flow.events()) {
    const order = orders.get(event.orderId) ?? { events: [], last: newestState(event, event.status) };
    orders.set(event.orderId, order);
    order.events.push({ ...event, position: `${event.type}@${order.events.length}` });
    if (event.version >= order.last.version) order.last = newestState(event, event.status);
  }
  const bookings = [...orders.keys()].flatMap((orderId) => {
    const booking = world.companies.booking(orderId);
    return booking ? [{ orderId, state: booking.state, ticketNumbers: (booking.tickets ?? []).map(({ ticketNumber }) => ticketNumber) }] : [];
  });
  const counts = await world.inventory.counts(flights.map((flightNumber) => ({ flightNumber, departureDate: TRAVEL_DATE })));
  const seats = flights.flatMap((flight, index) => Object.entries(counts[index] ?? {}).map(([bookingClass, count]) => ({
    flight: `${flight}:${TRAVEL_DATE}`, bookingClass, ...count, authorized: flight === 'IA903' ? 1 : Number.POSITIVE_INFINITY,
  })));
  return {
    at: world.flow.now, placed: new Set(placed), orders, bookings, seats, ledger: world.companies.ledger(), deadLetters: new Map(), openTransactions: [], lag: new Map(),
    postgres: { ...NO_STORE, details: new Map() }, clickhouse: NO_STORE, redis: new Map(), rebuilt: new Map(), audit: [], aged: 0,
  };
}

export const isFinal = (status: string | undefined): boolean => FINAL.has(status as OrderStatus);

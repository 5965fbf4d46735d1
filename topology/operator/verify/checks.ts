import type { EventType } from '../../../schemas/types.ts';
import { FINAL, nextStatus, type OrderStatus } from '../../order-states.ts';
import type { Evidence, LedgerEntry, LoggedOrder, StoredOrder, StoreTotals } from './evidence.ts';

/** One invariant: names what breaks it, one text a violation. */
export interface Check {
  name: string;
  /** What it says, for the reader of a violation. */
  claim: string;
  violations: (evidence: Evidence) => Iterable<string>;
}

const isFinal = (status: string): boolean => FINAL.has(status as OrderStatus);

export const CHECKS: readonly Check[] = [
  { name: 'drained', claim: 'every node and sink has read everything', violations: undrained },
  { name: 'accepted', claim: 'every place command became an order or a dead letter; no order came from nowhere', violations: unaccounted },
  { name: 'final', claim: 'every accepted order ended, or waits for its payer', violations: unfinished },
  { name: 'versions', claim: 'versions run 1..n, each once, by legal moves', violations: brokenHistories },
  { name: 'event_ids', claim: 'no event id appears twice', violations: repeatedIds },
  { name: 'payments_once', claim: 'at most one authorisation, capture and reversal an order', violations: repeatedPayments },
  { name: 'payments_match', claim: 'money taken equals the total of ticketed orders, and nothing of others', violations: unmatchedPayments },
  { name: 'bookings', claim: 'fulfilled orders have one active booking, others none; ticket numbers are unique', violations: unmatchedBookings },
  { name: 'seats', claim: 'held and sold seats are those of the orders, and never more than authorised', violations: unmatchedSeats },
  { name: 'postgres', claim: 'Postgres holds exactly the log', violations: (evidence) => storeDiffers(evidence, evidence.postgres) },
  { name: 'clickhouse', claim: 'ClickHouse holds exactly the log', violations: (evidence) => storeDiffers(evidence, evidence.clickhouse) },
  { name: 'redis', claim: 'Redis equals what its changelog gives', violations: redisDiffers },
];

function* undrained({ lag }: Evidence): Iterable<string> {
  for (const [reader, messages] of lag) if (messages > 0) yield `${reader} has ${messages} messages to read`;
}

function* unaccounted({ placed, orders, deadLetters }: Evidence): Iterable<string> {
  const buried = new Set([...deadLetters.values()].flat());
  for (const orderId of placed) if (!orders.has(orderId) && !buried.has(orderId)) yield `order ${orderId} was placed and has no event`;
  for (const orderId of orders.keys()) if (!placed.has(orderId)) yield `order ${orderId} has events and no place command`;
}

function* unfinished({ orders }: Evidence): Iterable<string> {
  for (const [orderId, { last }] of orders) {
    if (!isFinal(last.status) && last.type !== 'PaymentChallenged') yield `order ${orderId} stands at ${last.status}, after ${last.type}`;
    if (last.status === 'Fulfilled' && last.type !== 'OrderFulfilled') yield `order ${orderId} stopped after ${last.type}`;
  }
}

function* brokenHistories({ orders }: Evidence): Iterable<string> {
  for (const [orderId, { events }] of orders) {
    let status: OrderStatus | 'new' = 'new';
    for (const [index, event] of [...events].sort((one, other) => one.version - other.version).entries()) {
      if (event.version !== index + 1) {
        yield `order ${orderId} has version ${event.version} where ${index + 1} belongs (${event.position})`;
        break;
      }
      const next: OrderStatus | null = nextStatus(status, event.type as EventType);
      if (next !== event.status) yield `order ${orderId}: ${event.type} after ${status} gives ${next ?? 'no status'}, the event says ${event.status}`;
      status = event.status as OrderStatus;
    }
  }
}

function* repeatedIds({ orders }: Evidence): Iterable<string> {
  const seen = new Map<string, string>();
  for (const { events } of orders.values()) {
    for (const { eventId, position } of events) {
      const before = seen.get(eventId);
      if (before) yield `event ${eventId} stands at ${before} and at ${position}`;
      seen.set(eventId, position);
    }
  }
}

const entriesByOrder = (ledger: readonly LedgerEntry[]): Map<string, LedgerEntry[]> => Map.groupBy(ledger, ({ orderId }) => orderId) as Map<string, LedgerEntry[]>;

const amountOf = (entries: readonly LedgerEntry[], kind: LedgerEntry['kind']): number =>
  entries.reduce((sum, entry) => (entry.kind === kind ? sum + entry.amount : sum), 0);

function* repeatedPayments({ ledger }: Evidence): Iterable<string> {
  for (const [orderId, entries] of entriesByOrder(ledger)) {
    const times = (...kinds: LedgerEntry['kind'][]): number => entries.filter(({ kind }) => kinds.includes(kind)).length;
    if (times('authorisation') > 1) yield `order ${orderId} was authorised ${times('authorisation')} times`;
    if (times('capture') > 1) yield `order ${orderId} was captured ${times('capture')} times`;
    if (times('void', 'refund') > 1) yield `order ${orderId} was reversed ${times('void', 'refund')} times`;
    if (new Set(entries.map(({ key }) => key)).size > 1) yield `order ${orderId} was charged under more than one key`;
  }
}

function* unmatchedPayments({ ledger, orders }: Evidence): Iterable<string> {
  const byOrder = entriesByOrder(ledger);
  for (const orderId of byOrder.keys()) if (!orders.has(orderId)) yield `the ledger names order ${orderId}, which does not exist`;
  for (const [orderId, { last }] of orders) {
    if (!isFinal(last.status)) continue;
    const entries = byOrder.get(orderId) ?? [];
    const due = last.status === 'Fulfilled' ? (last.order.total?.amount ?? 0) : 0;
    const kept = amountOf(entries, 'capture') - amountOf(entries, 'refund');
    const open = amountOf(entries, 'authorisation') - amountOf(entries, 'capture') - amountOf(entries, 'void');
    if (kept !== due) yield `order ${orderId} (${last.status}): ${kept} kept, ${due} due, minor units of ${last.order.currency}`;
    if (open !== 0) yield `order ${orderId} (${last.status}): ${open} still authorised, minor units of ${last.order.currency}`;
  }
}

function* unmatchedBookings({ bookings, orders }: Evidence): Iterable<string> {
  const active = new Map(bookings.filter(({ state }) => state === 'ticketed').map((booking) => [booking.orderId, booking]));
  const numbers = new Map<string, string>();
  for (const { orderId, ticketNumbers } of bookings) {
    for (const number of ticketNumbers) {
      const before = numbers.get(number);
      if (before && before !== orderId) yield `ticket ${number} belongs to orders ${before} and ${orderId}`;
      numbers.set(number, orderId);
    }
  }
  for (const orderId of active.keys()) if (!orders.has(orderId)) yield `a booking names order ${orderId}, which does not exist`;
  for (const [orderId, { last }] of orders) yield* bookingOf(orderId, last, active.get(orderId)?.ticketNumbers);
}

function* bookingOf(orderId: string, last: LoggedOrder['last'], issued: string[] | undefined): Iterable<string> {
  if (!isFinal(last.status)) return;
  if (last.status !== 'Fulfilled') {
    if (issued) yield `order ${orderId} is ${last.status} and has an active booking`;
    return;
  }
  const own = last.order.tickets.map(({ ticketNumber }) => ticketNumber).sort().join();
  if (!issued) yield `order ${orderId} is Fulfilled and has no active booking`;
  else if ([...issued].sort().join() !== own) yield `order ${orderId} carries other tickets than its booking`;
}

function* unmatchedSeats({ seats, orders }: Evidence): Iterable<string> {
  const expected = new Map<string, { held: number; sold: number }>();
  for (const { last } of orders.values()) countSeats(last.order, expected);
  for (const { flight, bookingClass, held, sold, authorized } of seats) {
    const key = `${flight}/${bookingClass}`;
    const due = expected.get(key) ?? { held: 0, sold: 0 };
    expected.delete(key);
    if (held !== due.held || sold !== due.sold) yield `${key}: ${held} held and ${sold} sold in Redis, ${due.held} and ${due.sold} by the orders`;
    if (held + sold > authorized) yield `${key}: ${held + sold} taken of ${authorized} authorised`;
  }
  for (const [key, due] of expected) if (due.held + due.sold > 0) yield `${key}: unknown to Redis, ${due.held} held and ${due.sold} sold by the orders`;
}

function countSeats(order: LoggedOrder['last']['order'], counts: Map<string, { held: number; sold: number }>): void {
  const state = order.hold?.state;
  if (state !== 'held' && state !== 'sold') return;
  const infants = new Set(order.passengers.filter(({ type }) => type === 'INF').map(({ passengerId }) => passengerId));
  for (const item of order.items) {
    if (item.type !== 'flight') continue;
    const key = `${item.flightNumber}:${item.departureDate}/${item.bookingClass}`;
    const count = counts.get(key) ?? { held: 0, sold: 0 };
    count[state] += item.passengerIds.filter((id) => !infants.has(id)).length;
    counts.set(key, count);
  }
}

function* storeDiffers({ orders }: Evidence, store: { orders: ReadonlyMap<string, StoredOrder>; totals: StoreTotals }): Iterable<string> {
  const events = [...orders.values()].reduce((sum, order) => sum + order.events.length, 0);
  if (store.totals.events !== events) yield `${store.totals.events} events stored, ${events} in the log`;
  if (store.totals.distinctEventIds !== store.totals.events) yield `${store.totals.events - store.totals.distinctEventIds} events stored more than once`;
  const money: Record<string, number> = {};
  for (const [orderId, { last }] of orders) {
    const stored = store.orders.get(orderId);
    if (!stored) yield `order ${orderId} is missing`;
    else if (stored.version !== last.version || stored.status !== last.status) {
      yield `order ${orderId} is stored at version ${stored.version} (${stored.status}), the log has ${last.version} (${last.status})`;
    } else if ((stored.totalMinor ?? 0) !== (last.order.total?.amount ?? 0)) yield `order ${orderId} is stored with total ${stored.totalMinor}`;
    money[last.order.currency] = (money[last.order.currency] ?? 0) + (last.order.total?.amount ?? 0);
  }
  for (const orderId of store.orders.keys()) if (!orders.has(orderId)) yield `order ${orderId} is stored and not in the log`;
  for (const [currency, total] of Object.entries(money)) {
    if ((store.totals.totals[currency] ?? 0) !== total) yield `order totals sum up to ${store.totals.totals[currency] ?? 0} ${currency} minor units, in the log to ${total}`;
  }
}

function* redisDiffers({ redis, rebuilt }: Evidence): Iterable<string> {
  for (const [key, value] of redis) {
    const due = rebuilt.get(key);
    if (due === undefined) yield `${key} is in Redis and not in the changelog`;
    else if (due !== value) yield `${key} differs from the changelog`;
  }
  for (const key of rebuilt.keys()) if (!redis.has(key)) yield `${key} is in the changelog and not in Redis`;
}

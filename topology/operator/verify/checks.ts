import { orderFlow } from '../../order-flow.ts';
import { FINAL, nextStatus, type OrderStatus } from '../../order-states.ts';
import { chainFaults } from '../audit/audit-chain.ts';
import { NO_DETAILS } from './details.ts';
import type { Booking, Evidence, LedgerEntry, LoggedEvent, NewestState, Store, StoredOrder } from './evidence.ts';

/** One invariant: names what breaks it, one text a violation. */
export interface Check {
  name: string;
  /** What it says, for the reader of a violation. */
  claim: string;
  violations: (evidence: Evidence) => Iterable<string>;
}

/** Timers fire within a second of their time; this late, none is coming. */
const TIMER_GRACE_MS = 60_000;

/** Nodes whose dead letter is the end of a place command. */
const OPENERS: ReadonlySet<string> = new Set(orderFlow.nodes.filter(({ kind }) => kind === 'opener').map(({ name }) => name));

const isFinal = ({ status }: NewestState): boolean => FINAL.has(status as OrderStatus);
const waitsForPayer = ({ type }: NewestState): boolean => type === 'PaymentChallenged';

export const CHECKS: readonly Check[] = [
  { name: 'drained', claim: 'every node and sink has read everything', violations: undrained },
  { name: 'transactions', claim: 'no transaction is left open', violations: hangingTransactions },
  { name: 'accepted', claim: 'every place command became an order or a dead letter; no order came from nowhere', violations: unaccounted },
  { name: 'final', claim: 'every accepted order ended, or waits for its payer while its hold lasts', violations: unfinished },
  { name: 'versions', claim: 'versions run 1..n, each once, by legal moves', violations: brokenHistories },
  { name: 'event_ids', claim: 'no event id appears twice', violations: repeatedIds },
  { name: 'payments_once', claim: 'at most one authorisation, capture and reversal an order', violations: repeatedPayments },
  { name: 'payments_match', claim: 'money taken equals the total of fulfilled orders, and nothing of others', violations: unmatchedPayments },
  { name: 'bookings', claim: 'fulfilled orders have one active booking, others none; ticket numbers are unique', violations: unmatchedBookings },
  { name: 'seats', claim: 'held and sold seats are those of the orders, and never more than authorised', violations: unmatchedSeats },
  { name: 'postgres', claim: 'Postgres holds exactly the log', violations: (evidence) => storeDiffers(evidence, evidence.postgres) },
  { name: 'tables', claim: 'payments, holds and tickets in Postgres are those of the log', violations: tablesDiffer },
  { name: 'clickhouse', claim: 'ClickHouse holds exactly the log', violations: (evidence) => storeDiffers(evidence, evidence.clickhouse) },
  { name: 'redis', claim: 'Redis equals what its changelog gives', violations: redisDiffers },
  { name: 'audit', claim: 'no entry of the audit log was changed or left out', violations: ({ audit }) => chainFaults(audit) },
];

function* undrained({ lag }: Evidence): Iterable<string> {
  for (const [reader, messages] of lag) if (messages > 0) yield `${reader} has ${messages} messages to read`;
}

function* hangingTransactions({ openTransactions }: Evidence): Iterable<string> {
  for (const partition of openTransactions) yield `a transaction is open in ${partition}`;
}

function* unaccounted({ placed, orders, deadLetters }: Evidence): Iterable<string> {
  const buried = new Set([...deadLetters].flatMap(([node, letters]) => (OPENERS.has(node) ? letters : [])));
  for (const orderId of placed) if (!orders.has(orderId) && !buried.has(orderId)) yield `order ${orderId} was placed and has no event`;
  for (const orderId of orders.keys()) if (!placed.has(orderId)) yield `order ${orderId} has events and no place command`;
}

function* unfinished({ at, orders, deadLetters }: Evidence): Iterable<string> {
  const buriedBy = new Map([...deadLetters].flatMap(([node, letters]) => letters.map((orderId) => [orderId, node] as const)));
  for (const [orderId, { last }] of orders) {
    const lapsedAt = last.order.hold?.expiresAt ?? 0;
    if (waitsForPayer(last)) {
      if (lapsedAt + TIMER_GRACE_MS < at) yield `order ${orderId} still waits for its payer, its hold lapsed at ${new Date(lapsedAt).toISOString()}`;
    } else if (!isFinal(last)) {
      const node = buriedBy.get(orderId);
      yield `order ${orderId} stands at ${last.status}, after ${last.type}${node ? `: there is a dead letter of ${node}` : ''}`;
    } else if (last.status === 'Fulfilled' && last.type !== 'OrderFulfilled') yield `order ${orderId} stopped after ${last.type}`;
  }
}

function* brokenHistories({ orders }: Evidence): Iterable<string> {
  for (const [orderId, { events }] of orders) {
    let status: OrderStatus | 'new' = 'new';
    for (const [index, event] of history(events).entries()) {
      if (event.version !== index + 1) {
        yield `order ${orderId} has version ${event.version} where ${index + 1} belongs (${event.position})`;
        break;
      }
      const next: OrderStatus | null = nextStatus(status, event.type);
      if (next !== event.status) yield `order ${orderId}: ${event.type} after ${status} gives ${next ?? 'no status'}, the event says ${event.status}`;
      status = event.status as OrderStatus;
    }
  }
}

/** By version; an event that stands there twice counts once, and is named by another check. */
function history(events: readonly LoggedEvent[]): LoggedEvent[] {
  const distinct = new Map(events.map((event) => [event.eventId, event]));
  return [...distinct.values()].sort((one, other) => one.version - other.version);
}

function* repeatedIds({ orders }: Evidence): Iterable<string> {
  const seen = new Set<string>();
  const repeated = new Map<string, string[]>();
  for (const { events } of orders.values()) {
    for (const { eventId } of events) {
      if (seen.has(eventId)) repeated.set(eventId, []);
      seen.add(eventId);
    }
  }
  if (repeated.size === 0) return;
  for (const { events } of orders.values()) for (const { eventId, position } of events) repeated.get(eventId)?.push(position);
  for (const [eventId, positions] of repeated) yield `event ${eventId} stands at ${positions.join(' and at ')}`;
}

const byOrder = <Row extends { orderId: string }>(rows: readonly Row[]): Map<string, Row[]> => Map.groupBy(rows, ({ orderId }) => orderId);

const amountOf = (entries: readonly LedgerEntry[], kind: LedgerEntry['kind']): number =>
  entries.reduce((sum, entry) => (entry.kind === kind ? sum + entry.amount : sum), 0);

function* repeatedPayments({ ledger }: Evidence): Iterable<string> {
  for (const [orderId, entries] of byOrder(ledger)) {
    const times = (...kinds: LedgerEntry['kind'][]): number => entries.filter(({ kind }) => kinds.includes(kind)).length;
    if (times('authorisation') > 1) yield `order ${orderId} was authorised ${times('authorisation')} times`;
    if (times('capture') > 1) yield `order ${orderId} was captured ${times('capture')} times`;
    if (times('void', 'refund') > 1) yield `order ${orderId} was reversed ${times('void', 'refund')} times`;
    if (new Set(entries.map(({ key }) => key)).size > 1) yield `order ${orderId} was charged under more than one key`;
  }
}

function* unmatchedPayments({ ledger, orders }: Evidence): Iterable<string> {
  const entriesOf = byOrder(ledger);
  for (const orderId of entriesOf.keys()) if (!orders.has(orderId)) yield `the ledger names order ${orderId}, which does not exist`;
  for (const [orderId, { last }] of orders) {
    const entries = entriesOf.get(orderId) ?? [];
    const { currency, total } = last.order;
    const foreign = entries.find((entry) => entry.currency !== currency);
    if (foreign) yield `order ${orderId} is in ${currency}, the ledger has a ${foreign.kind} in ${foreign.currency}`;
    if (!isFinal(last) && !waitsForPayer(last)) continue;
    const due = last.status === 'Fulfilled' ? (total?.amount ?? 0) : 0;
    const kept = amountOf(entries, 'capture') - amountOf(entries, 'refund');
    const open = amountOf(entries, 'authorisation') - amountOf(entries, 'capture') - amountOf(entries, 'void');
    if (kept !== due) yield `order ${orderId} (${last.status}): ${kept} kept, ${due} due, minor units of ${currency}`;
    if (open !== 0) yield `order ${orderId} (${last.status}): ${open} still authorised, minor units of ${currency}`;
  }
}

function* unmatchedBookings({ bookings, orders }: Evidence): Iterable<string> {
  const active = byOrder(bookings.filter(({ state }) => state === 'ticketed'));
  const holders = new Map<string, string>();
  for (const { orderId, ticketNumbers } of bookings) {
    for (const number of ticketNumbers) {
      const before = holders.get(number);
      if (before !== undefined) yield `ticket ${number} was issued to order ${before} and to order ${orderId}`;
      holders.set(number, orderId);
    }
  }
  for (const orderId of active.keys()) if (!orders.has(orderId)) yield `a booking names order ${orderId}, which does not exist`;
  for (const [orderId, { last }] of orders) if (isFinal(last) || waitsForPayer(last)) yield* bookingOf(orderId, last, active.get(orderId) ?? []);
}

function* bookingOf(orderId: string, last: NewestState, active: readonly Booking[]): Iterable<string> {
  const due = last.status === 'Fulfilled' ? 1 : 0;
  if (active.length !== due) yield `order ${orderId} is ${last.status} and has ${active.length || 'no'} active booking${active.length > 1 ? 's' : ''}`;
  if (due === 0 || active.length !== 1) return;
  const own = last.order.tickets.map(({ ticketNumber }) => ticketNumber).sort().join();
  if ([...(active[0]?.ticketNumbers ?? [])].sort().join() !== own) yield `order ${orderId} carries other tickets than its booking`;
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

function countSeats(order: NewestState['order'], counts: Map<string, { held: number; sold: number }>): void {
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

function* storeDiffers({ orders }: Evidence, { orders: stored, totals }: Store): Iterable<string> {
  let events = 0;
  const money: Record<string, number> = {};
  for (const [orderId, logged] of orders) {
    const { last } = logged;
    const distinct = new Set(logged.events.map(({ eventId }) => eventId)).size;
    events += distinct;
    money[last.order.currency] = (money[last.order.currency] ?? 0) + (last.order.total?.amount ?? 0);
    yield* rowDiffers(orderId, stored.get(orderId), last, distinct);
  }
  for (const orderId of stored.keys()) if (!orders.has(orderId)) yield `order ${orderId} is stored and not in the log`;
  if (totals.events !== events) yield `${totals.events} events stored, ${events} in the log`;
  if (totals.distinctEventIds !== totals.events) yield `${totals.events - totals.distinctEventIds} events stored more than once`;
  for (const currency of new Set([...Object.keys(money), ...Object.keys(totals.totals)])) {
    const [sum, due] = [totals.totals[currency] ?? 0, money[currency] ?? 0];
    if (sum !== due) yield `order totals sum up to ${sum} ${currency} minor units, in the log to ${due}`;
  }
}

function* rowDiffers(orderId: string, row: StoredOrder | undefined, last: NewestState, events: number): Iterable<string> {
  if (!row) return yield `order ${orderId} is missing`;
  if (row.version !== last.version || row.status !== last.status) {
    yield `order ${orderId} is stored at version ${row.version} (${row.status}), the log has ${last.version} (${last.status})`;
  } else if (row.currency !== last.order.currency || (row.totalMinor ?? 0) !== (last.order.total?.amount ?? 0)) {
    yield `order ${orderId} is stored with total ${row.totalMinor} ${row.currency}, the log has ${last.order.total?.amount ?? null} ${last.order.currency}`;
  }
  if (row.events !== events) yield `order ${orderId} has ${row.events} events stored, ${events} in the log`;
}

function* tablesDiffer({ orders, postgres: { details } }: Evidence): Iterable<string> {
  for (const [orderId, { last }] of orders) {
    const stored = details.get(orderId) ?? NO_DETAILS;
    for (const part of ['payment', 'hold'] as const) {
      if (stored[part] !== last.details[part]) yield `order ${orderId}: ${part} stored is ${stored[part] ?? 'none'}, in the log ${last.details[part] ?? 'none'}`;
    }
    const [tickets, due] = [stored.tickets.join(', '), last.details.tickets.join(', ')];
    if (tickets !== due) yield `order ${orderId}: tickets stored are ${tickets || 'none'}, in the log ${due || 'none'}`;
  }
  for (const orderId of details.keys()) if (!orders.has(orderId)) yield `order ${orderId} has a payment, a hold or tickets stored and is not in the log`;
}

function* redisDiffers({ redis, rebuilt }: Evidence): Iterable<string> {
  for (const [key, value] of redis) {
    const due = rebuilt.get(key);
    if (due === undefined) yield `${key} is in Redis and not in the changelog`;
    else if (due !== value) yield `${key} differs from the changelog`;
  }
  for (const key of rebuilt.keys()) if (!redis.has(key)) yield `${key} is in the changelog and not in Redis`;
}

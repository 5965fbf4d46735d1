import { memoryCodec } from '../../../../schemas/codec.ts';
import { EVENT_TYPES } from '../../../../schemas/types.ts';
import { ChangelogImage } from '../../../../topology/operator/verify/changelog-image.ts';
import type { AuditEntry } from '../../../../schemas/types.ts';
import { chained, type Deed } from '../../../../topology/operator/audit/audit-chain.ts';
import type { Details } from '../../../../topology/operator/verify/details.ts';
import type { Booking, Evidence, LedgerEntry, LoggedOrder, SeatCount, Store, StoredOrder } from '../../../../topology/operator/verify/evidence.ts';
import { LogFold } from '../../../../topology/operator/verify/log-fold.ts';
import { orderFlow } from '../../../../topology/order-flow.ts';
import { CHANGELOG_TOPIC, COMMANDS_TOPIC, deadLetterTopicOf, topicOf } from '../../../../topology/topics.ts';
import { TRAVEL_DATE, world, type World } from '../../../flow/world.ts';

/** Evidence that can be broken by hand. */
export interface PlayedEvidence extends Evidence {
  placed: Set<string>;
  orders: Map<string, LoggedOrder>;
  deadLetters: Map<string, string[]>;
  openTransactions: string[];
  lag: Map<string, number>;
  ledger: LedgerEntry[];
  bookings: Booking[];
  postgres: { orders: Map<string, StoredOrder>; totals: Store['totals']; details: Map<string, Details> };
  audit: AuditEntry[];
  clickhouse: { orders: Map<string, StoredOrder>; totals: Store['totals'] };
  seats: SeatCount[];
  redis: Map<string, string>;
  rebuilt: Map<string, string>;
}

/** Ids of orders by how they ended. */
export interface Played {
  evidence: PlayedEvidence;
  fulfilled: string;
  another: string;
  declined: string;
  /** Ticketing failed: its authorisation was voided. */
  voided: string;
  /** Cancelled once it was fulfilled: paid back. */
  refunded: string;
  waiting: string;
  /** Its place command is a dead letter. */
  buried: string;
}

const FLIGHTS = ['IA101', 'IA901'];
const SEATS_ON_SALE = 10;
const codec = memoryCodec();

/** A few orders taken through the real flow in memory, and what every store would hold of them. */
export async function played(): Promise<Played> {
  const it = world();
  const [fulfilled, another, declined] = [await it.place(), await it.place({ passengers: 2 }), await it.place({ token: 'tok_declined' })];
  const [voided, refunded, waiting] = [await it.place({ flight: 'IA901' }), await it.place(), await it.place({ token: 'tok_3ds' })];
  const buried = 'an-order-nobody-can-read';
  it.flow.pipeBytes(COMMANDS_TOPIC, buried, Buffer.from('noise'));
  await it.flow.run();
  it.cancel(refunded);
  await it.flow.run();
  const evidence = await evidenceOf(it);
  // A command that was readable before its record was cut short in between.
  evidence.placed.add(buried);
  return { evidence, fulfilled, another, declined, voided, refunded, waiting, buried };
}

async function evidenceOf(it: World): Promise<PlayedEvidence> {
  const { placed, orders, deadLetters } = await foldOf(it);
  const image = new ChangelogImage(codec);
  for (const { key, value } of it.flow.records(CHANGELOG_TOPIC)) await image.add(String(key), value);
  return {
    at: it.flow.now, placed, orders, deadLetters, openTransactions: [],
    lag: new Map(orderFlow.nodes.map(({ name }) => [name, 0])),
    ledger: it.companies.ledger(),
    bookings: [...orders.keys()].flatMap((orderId) => {
      const booking = it.companies.booking(orderId);
      return booking ? [{ orderId, state: booking.state, ticketNumbers: (booking.tickets ?? []).map(({ ticketNumber }) => ticketNumber) }] : [];
    }),
    postgres: storeOf(orders), clickhouse: storeOf(orders),
    seats: await seatsOf(it),
    redis: await image.snapshot(it.flow.now), rebuilt: await image.snapshot(it.flow.now),
    audit: chained(null, ['replayed', 'edited', 'discarded'].map(deed), it.flow.now), aged: 0,
  };
}

const deed = (action: string, at: number): Deed => ({ actor: 'ada', action, subject: `receive/0/${at}`, orderId: null, reason: '', destination: '', beforeHash: '', afterHash: '' });

async function foldOf(it: World): Promise<LogFold> {
  const fold = new LogFold();
  for (const topic of [COMMANDS_TOPIC, ...EVENT_TYPES.map(topicOf)]) {
    for (const { partition, offset, value } of it.flow.records(topic)) {
      const decoded = await Promise.resolve().then(() => codec.decode(value as Buffer)).catch(() => null);
      if (decoded) fold.add(topic, partition, offset, decoded);
    }
  }
  for (const { name } of orderFlow.nodes) {
    for (const { key } of it.flow.records(deadLetterTopicOf(name))) fold.addDeadLetter(name, String(key), null);
  }
  return fold;
}

async function seatsOf(it: World): Promise<SeatCount[]> {
  const counts = await it.inventory.counts(FLIGHTS.map((flightNumber) => ({ flightNumber, departureDate: TRAVEL_DATE })));
  return FLIGHTS.flatMap((flight, at) => Object.entries(counts[at] ?? {}).map(([bookingClass, count]) => ({
    flight: `${flight}:${TRAVEL_DATE}`, bookingClass, ...count, authorized: SEATS_ON_SALE,
  })));
}

/** What a store holds that has read the whole log. */
export function storeOf(orders: ReadonlyMap<string, LoggedOrder>): PlayedEvidence['postgres'] {
  const rows = new Map<string, StoredOrder>();
  const details = new Map<string, Details>();
  const ids: string[] = [];
  const totals: Record<string, number> = {};
  for (const [orderId, { events, last: { version, status, order, details: stored } }] of orders) {
    const own = [...new Set(events.map(({ eventId }) => eventId))];
    ids.push(...own);
    details.set(orderId, { ...stored, tickets: [...stored.tickets] });
    rows.set(orderId, { orderId, version, status, totalMinor: order.total?.amount ?? null, currency: order.currency, events: own.length });
    totals[order.currency] = (totals[order.currency] ?? 0) + (order.total?.amount ?? 0);
  }
  return { orders: rows, totals: { events: ids.length, distinctEventIds: new Set(ids).size, totals }, details };
}

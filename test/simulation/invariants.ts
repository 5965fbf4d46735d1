import { authorizedSeats } from '../../processors/inventory/seats.ts';
import type { Settings } from '../../processors/settings.ts';
import { type AnyOrderEvent, EVENT_TYPES } from '../../schemas/types.ts';
import { ChangelogImage } from '../../topology/operator/verify/changelog-image.ts';
import { CHECKS } from '../../topology/operator/verify/checks.ts';
import type { Evidence, SeatCount } from '../../topology/operator/verify/evidence.ts';
import { LogFold } from '../../topology/operator/verify/log-fold.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { FINAL, type OrderStatus } from '../../topology/order-states.ts';
import { snapshotOf } from '../../topology/runtime/state-snapshot.ts';
import { CLOCK_ERROR_MS } from '../../topology/runtime/store-clock.ts';
import { TIMERS_KEY } from '../../topology/runtime/state-keys.ts';
import { CHANGELOG_TOPIC, COMMANDS_TOPIC, deadLetterTopicOf, groupOf, inputsOf, topicOf } from '../../topology/topics.ts';
import { catalogue, codec, type Installation } from './installation.ts';

/** Checks of `iaros verify` that concern stores which are not simulated. */
const OTHER_STORES = new Set(['postgres', 'tables', 'clickhouse', 'audit']);
const NO_STORE = { orders: new Map(), totals: { events: 0, distinctEventIds: 0, totals: {} }, details: new Map() };
const EVERYTHING = Number.MAX_SAFE_INTEGER;
const COUNTERS = /^\{inv:([^:]+):(\d{4}-\d{2}-\d{2})\}$/;

export interface Verdict {
  violations: string[];
  /** Orders by last status. */
  statuses: Record<string, number>;
}

/** All that is wrong with an installation at rest. `noise` are the keys of records that nobody can read, one entry each. */
export async function verdictOf(installation: Installation, settings: Settings, now: number, noise: readonly string[]): Promise<Verdict> {
  const evidence = await gather(installation, settings, now);
  const checked = CHECKS.filter(({ name }) => !OTHER_STORES.has(name)).flatMap(({ name, violations }) => [...violations(evidence)].map((text) => `${name}: ${text}`));
  const statuses: Record<string, number> = {};
  for (const { last } of evidence.orders.values()) statuses[last.status] = (statuses[last.status] ?? 0) + 1;
  const own = [...outOfOrder(installation), ...openTransactions(installation), ...leftTimers(installation), ...deadLetters(evidence, noise), ...unended(evidence), ...(await disobeyed(installation, evidence)), ...(await expiredEarly(installation))];
  return { violations: [...checked, ...own, ...unread(installation)], statuses };
}

/** Whether nothing is left to do: everything read, no transaction open, no timer armed. */
export function isAtRest(installation: Installation): boolean {
  const { broker, redis } = installation;
  if (broker.transactions.open.length > 0 || !redis.store.has('redis-epoch')) return false;
  if (redis.store.scores(TIMERS_KEY)?.size) return false;
  return lagOf(installation).every(([, messages]) => messages === 0);
}

/** Records that each node has still to read. */
function lagOf({ broker }: Installation): [string, number][] {
  return orderFlow.nodes.map((node) => {
    const group = groupOf(node.name);
    const unread = inputsOf(node).flatMap((topic) => broker.partitionsOf(topic)).map((log) => log.committed(broker.groups.committed(group, log) ?? 0).length);
    return [node.name, unread.reduce((sum, count) => sum + count, 0)];
  });
}

/** Where exactly something was left, for whoever looks for the reason. */
function* unread({ broker }: Installation): Iterable<string> {
  for (const node of orderFlow.nodes) {
    for (const log of inputsOf(node).flatMap((topic) => broker.partitionsOf(topic))) {
      const committed = broker.groups.committed(groupOf(node.name), log) ?? 0;
      const offsets = log.committed(committed).map(({ offset }) => offset);
      if (offsets.length > 0) yield `unread: ${node.name} stands at ${log.topic}/${log.partition}@${committed}, records are at ${offsets.join()}`;
    }
  }
}

async function gather(installation: Installation, settings: Settings, now: number): Promise<Evidence> {
  const { broker, sandbox } = installation;
  const { placed, orders, deadLetters: letters } = await foldLog(installation);
  const image = new ChangelogImage(codec);
  for (const log of broker.partitionsOf(CHANGELOG_TOPIC)) for (const { key, value } of log.committed()) await image.add(String(key), value);
  const bookings = [...orders.keys()].flatMap((orderId) => {
    const booking = sandbox.reservation.find(orderId);
    return booking ? [{ orderId, state: booking.state, ticketNumbers: (booking.tickets ?? []).map(({ ticketNumber }) => ticketNumber) }] : [];
  });
  return {
    at: now, placed, orders, deadLetters: letters, bookings,
    lag: new Map(lagOf(installation)),
    ledger: sandbox.payment.ledger.page(0, EVERYTHING),
    seats: [...seatCounts(installation, settings)],
    postgres: NO_STORE, clickhouse: NO_STORE, audit: [], aged: 0, openTransactions: [],
    redis: await snapshotOf(installation.directRedis(), now), rebuilt: await image.snapshot(now),
  };
}

async function foldLog({ broker }: Installation): Promise<LogFold> {
  const fold = new LogFold();
  for (const topic of [COMMANDS_TOPIC, ...EVENT_TYPES.map(topicOf)]) {
    for (const log of broker.partitionsOf(topic)) {
      for (const { offset, value } of log.committed()) {
        const decoded = await decodedOrNull(value);
        if (decoded) fold.add(topic, log.partition, offset, decoded);
      }
    }
  }
  for (const { name } of orderFlow.nodes) {
    for (const log of broker.partitionsOf(deadLetterTopicOf(name))) {
      for (const { key, value } of log.committed()) fold.addDeadLetter(name, String(key), await decodedOrNull(value));
    }
  }
  return fold;
}

async function decodedOrNull(value: Buffer | null) {
  try {
    return value ? await codec.decode(value) : null;
  } catch {
    return null;
  }
}

/** Seats taken of each class of each flight that anyone has touched. */
export function* seatCounts({ redis: { store } }: Installation, settings: Settings): Generator<SeatCount> {
  for (const key of store.keys()) yield* seatCountsOf(key, store.hash.bind(store), settings);
}

export function* seatCountsOf(key: string, hash: (key: string) => Map<string, string> | undefined, settings: Settings): Generator<SeatCount> {
  const [, flightNumber, departureDate] = COUNTERS.exec(key) ?? [];
  if (!flightNumber || !departureDate) return;
  const counters = hash(key) ?? new Map<string, string>();
  const classes = new Set([...counters.keys()].flatMap((field) => (/^[hs]:/.test(field) ? [field.slice(2)] : [])));
  for (const bookingClass of classes) {
    const capacity = catalogue.flight(flightNumber, departureDate)?.classes.find((each) => each.bookingClass === bookingClass)?.capacity;
    const authorized = capacity === undefined ? Number.POSITIVE_INFINITY : authorizedSeats(capacity, settings.overbookingFactor);
    const [held, sold] = [counters.get(`h:${bookingClass}`), counters.get(`s:${bookingClass}`)].map((count) => Number(count ?? 0)) as [number, number];
    yield { flight: `${flightNumber}:${departureDate}`, bookingClass, held, sold, authorized };
  }
}

/** Versions of one order stand in every partition in their order. */
function* outOfOrder({ broker }: Installation): Iterable<string> {
  for (const topic of EVENT_TYPES.map(topicOf)) {
    for (const log of broker.partitionsOf(topic)) {
      const newest = new Map<string, number>();
      for (const { key, headers, offset } of log.committed()) {
        const [orderId, version] = [String(key), Number(headers['order-version'])];
        if (version < (newest.get(orderId) ?? 0)) yield `key_order: version ${version} of order ${orderId} stands after a later one at ${topic}/${log.partition}@${offset}`;
        newest.set(orderId, version);
      }
    }
  }
}

function* openTransactions({ broker }: Installation): Iterable<string> {
  for (const id of broker.transactions.open) yield `transactions: ${id} has not ended`;
  for (const log of broker.logs()) if (log.hasOpenTransaction) yield `transactions: one is open in ${log.topic}/${log.partition}`;
}

/** With every timer fired nothing is left to wait for. */
function* unended({ orders }: Evidence): Iterable<string> {
  for (const [orderId, { last }] of orders) if (!FINAL.has(last.status as OrderStatus)) yield `ended: order ${orderId} still stands at ${last.status}`;
}

/** Whoever asked for the end of an order gets it, whenever the command came: before the order, in its midst or after it. */
async function disobeyed({ broker }: Installation, { orders }: Evidence): Promise<string[]> {
  const cancelled = new Set<string>();
  for (const log of broker.partitionsOf(COMMANDS_TOPIC)) {
    for (const { value } of log.committed()) {
      const decoded = await decodedOrNull(value);
      if (decoded?.name === 'OrderCommand' && decoded.record.kind === 'cancel') cancelled.add(decoded.record.orderId);
    }
  }
  return [...cancelled].flatMap((orderId) => {
    const status = orders.get(orderId)?.last.status;
    return status === 'Fulfilled' ? [`obeyed: order ${orderId} was to be cancelled and stands at ${status}`] : [];
  });
}

/** No order is given up for its hold while the hold still lasts: by the clock of broker and store, which members know but so well. */
async function expiredEarly({ broker }: Installation): Promise<string[]> {
  const early: string[] = [];
  for (const log of broker.partitionsOf(topicOf('CancelRequested'))) {
    for (const { value, timestamp } of log.committed()) {
      const { orderId, order } = (await decodedOrNull(value))?.record as AnyOrderEvent;
      const expiresAt = order.hold?.expiresAt ?? 0;
      const earlyMs = expiresAt - Number(timestamp);
      if (order.closure?.reason === 'hold_expired' && earlyMs > CLOCK_ERROR_MS) early.push(`hold_lasts: order ${orderId} was given up ${earlyMs} ms early`);
    }
  }
  return early;
}

function* leftTimers({ redis }: Installation): Iterable<string> {
  for (const member of redis.store.scores(TIMERS_KEY)?.keys() ?? []) yield `timers: ${member} is still armed`;
}

/** What nobody can read is buried once, by the opener; nothing else is. */
function* deadLetters({ deadLetters: found }: Evidence, noise: readonly string[]): Iterable<string> {
  const due = [...noise].sort().join();
  for (const [node, letters] of found) {
    if (node !== 'receive') yield `dead_letters: ${letters.length} of ${node}, for ${letters.join()}`;
  }
  const buried = [...(found.get('receive') ?? [])].sort().join();
  if (buried !== due) yield `dead_letters: of receive for ${buried || 'nothing'}, expected for ${due || 'nothing'}`;
}

import { beforeAll, describe, expect, test } from 'vitest';
import { CHECKS } from '../../../../topology/operator/verify/checks.ts';
import type { Evidence, LedgerEntry, LoggedEvent, LoggedOrder, StoredOrder } from '../../../../topology/operator/verify/evidence.ts';
import { verify } from '../../../../topology/operator/verify/verify.ts';
import { type Played, type PlayedEvidence, played, storeOf } from './played-evidence.ts';

let sound: Played;
beforeAll(async () => {
  sound = await played();
});

/** The evidence after `hurt` did its damage, without harm to the sound one. */
function broken(hurt: (evidence: PlayedEvidence, ids: Played) => void): Evidence {
  const evidence = structuredClone(sound.evidence);
  hurt(evidence, sound);
  return evidence;
}

/** Damage to the log itself, which the sinks have then read as it is. */
function brokenLog(hurt: (order: LoggedOrder, evidence: PlayedEvidence) => void, which: keyof Omit<Played, 'evidence'> = 'fulfilled'): Evidence {
  return broken((evidence, ids) => {
    hurt(evidence.orders.get(ids[which]) as LoggedOrder, evidence);
    evidence.postgres = storeOf(evidence.orders);
    evidence.clickhouse = storeOf(evidence.orders);
  });
}

/** Violations by the checks that found any. */
const found = (evidence: Evidence): Record<string, string[]> =>
  Object.fromEntries(Object.entries(verify(evidence).checks).flatMap(([name, { ok, shown }]) => (ok ? [] : [[name, shown]])));

const named = (evidence: Evidence): string[] => Object.keys(found(evidence));
const eventAt = ({ events }: LoggedOrder, version: number): LoggedEvent => events.find((event) => event.version === version) as LoggedEvent;
const entryOf = (evidence: PlayedEvidence, orderId: string, kind: LedgerEntry['kind']): LedgerEntry =>
  evidence.ledger.find((entry) => entry.orderId === orderId && entry.kind === kind) as LedgerEntry;

/** Moves the newest state of an order to that of an event before. */
function endAt(order: LoggedOrder, version: number): void {
  order.events = order.events.filter((event) => event.version <= version);
  const { type, status } = eventAt(order, version);
  order.last = { ...order.last, type, status, version };
}

test('what the flow itself leaves behind breaks no check', () => {
  expect(found(sound.evidence)).toEqual({});
  const verdict = verify(sound.evidence);
  expect(verdict).toMatchObject({ ok: true, orders: 6, live: 1, deadLetters: 1, statuses: { Fulfilled: 2, Cancelled: 1, Refunded: 2, PaymentPending: 1 } });
  expect(Object.keys(verdict.checks)).toEqual(CHECKS.map(({ name }) => name));
  expect(sound.evidence.redis.size).toBeGreaterThan(15);
});

test('a violation is counted whole and written out in part', () => {
  const evidence = broken((it) => Array.from({ length: 50 }, (_, at) => it.placed.add(`lost-${at}`)));
  expect(verify(evidence).checks.accepted).toMatchObject({ ok: false, violations: 50 });
  expect(verify(evidence).checks.accepted?.shown).toHaveLength(20);
  expect(verify(evidence).ok).toBe(false);
});

describe('drained', () => {
  test('a node that has not read everything', () => {
    expect(found(broken(({ lag }) => lag.set('hold', 3)))).toEqual({ drained: ['hold has 3 messages to read'] });
  });
});

describe('transactions', () => {
  test('a transaction that nobody ends', () => {
    const evidence = broken(({ openTransactions }) => openTransactions.push('orders.received.v1/3'));
    expect(found(evidence)).toEqual({ transactions: ['a transaction is open in orders.received.v1/3'] });
  });
});

describe('accepted', () => {
  test('a place command that became nothing', () => {
    expect(found(broken(({ placed }) => placed.add('lost')))).toEqual({ accepted: ['order lost was placed and has no event'] });
  });

  test('an order that nobody placed', () => {
    const evidence = broken(({ placed }, { fulfilled }) => placed.delete(fulfilled));
    expect(found(evidence)).toEqual({ accepted: [`order ${sound.fulfilled} has events and no place command`] });
  });

  test('a command whose dead letter is gone', () => {
    expect(found(broken(({ deadLetters }) => deadLetters.clear()))).toEqual({ accepted: [`order ${sound.buried} was placed and has no event`] });
  });

  test('a dead letter of another node is not the end of a place command', () => {
    expect(named(broken(({ deadLetters }) => {
      deadLetters.set('validate', deadLetters.get('receive') ?? []);
      deadLetters.delete('receive');
    }))).toEqual(['accepted']);
  });
});

describe('final', () => {
  test('an order whose last event was never processed', () => {
    const evidence = broken((it, { declined }) => {
      const order = it.orders.get(declined) as LoggedOrder;
      endAt(order, order.last.version - 1);
      it.postgres = storeOf(it.orders);
      it.clickhouse = storeOf(it.orders);
    });
    expect(found(evidence)).toEqual({ final: [`order ${sound.declined} stands at PaymentFailed, after PaymentFailed`] });
  });

  test('such an order with a dead letter: the text names the node', () => {
    const evidence = broken((it, { declined }) => {
      const order = it.orders.get(declined) as LoggedOrder;
      endAt(order, order.last.version - 1);
      it.deadLetters.set('release', [declined]);
      it.postgres = storeOf(it.orders);
      it.clickhouse = storeOf(it.orders);
    });
    expect(found(evidence)).toEqual({ final: [`order ${sound.declined} stands at PaymentFailed, after PaymentFailed: there is a dead letter of release`] });
  });

  test('a fulfilled order whose cancellation got stuck', () => {
    const evidence = brokenLog((order) => {
      order.events.push({ ...eventAt(order, 9), type: 'CancelRequested', version: 10, eventId: 'stuck' });
      order.last = { ...order.last, type: 'CancelRequested', version: 10 };
    });
    expect(found(evidence)).toEqual({ final: [`order ${sound.fulfilled} stopped after CancelRequested`] });
  });

  test('an order that waits for its payer longer than its hold lasts', () => {
    const late = (ms: number) => broken((it, { waiting }) => {
      it.at = (it.orders.get(waiting)?.last.order.hold?.expiresAt ?? 0) + ms;
    });
    expect(named(late(1_000))).toEqual([]);
    expect(named(late(61_000))).toEqual(['final']);
  });
});

describe('versions', () => {
  test('a lost event', () => {
    const evidence = brokenLog((order) => {
      order.events = order.events.filter(({ version }) => version !== 4);
    });
    expect(found(evidence)).toEqual({ versions: [expect.stringMatching(new RegExp(`^order ${sound.fulfilled} has version 5 where 4 belongs \\(orders\\.payment-approved\\.v1/0@\\d+\\)$`))] });
  });

  test('a second event of one version', () => {
    expect(named(brokenLog((order) => order.events.push({ ...eventAt(order, 4), eventId: 'other' })))).toEqual(['versions']);
  });

  test('a move that the state table does not have', () => {
    const evidence = brokenLog((order) => {
      eventAt(order, 5).type = 'TicketIssued';
    });
    expect(found(evidence).versions?.[0]).toBe(`order ${sound.fulfilled}: TicketIssued after InventoryHold gives no status, the event says PaymentApproved`);
    expect(named(evidence)).toEqual(['versions']);
  });

  test('an event that claims another status than its type gives', () => {
    expect(named(brokenLog((order) => {
      eventAt(order, 9).status = 'Confirmed';
    }))).toEqual(['versions']);
  });
});

describe('event_ids', () => {
  test('an event that stands on its topic twice', () => {
    const evidence = brokenLog((order) => order.events.push({ ...eventAt(order, 4), position: 'orders.inventory-held.v1/0@99' }));
    expect(found(evidence)).toEqual({ event_ids: [expect.stringMatching(/^event [0-9a-f-]{36} stands at orders\.inventory-held\.v1\/0@\d+ and at orders\.inventory-held\.v1\/0@99$/)] });
  });

  test('two orders with an event of one id', () => {
    const evidence = brokenLog((order, { orders }) => {
      eventAt(order, 4).eventId = eventAt(orders.get(sound.another) as LoggedOrder, 4).eventId;
    });
    expect(named(evidence)).toContain('event_ids');
  });
});

describe('payments_once', () => {
  const again = (kind: LedgerEntry['kind'], which: 'fulfilled' | 'voided' | 'refunded', change: Partial<LedgerEntry> = {}) => broken((it, ids) => {
    it.ledger.push({ ...entryOf(it, ids[which], kind), amount: 0, ...change });
  });

  test.each([['authorisation', 'fulfilled', 'authorised'], ['capture', 'fulfilled', 'captured'], ['void', 'voided', 'reversed'], ['refund', 'refunded', 'reversed']] as const)(
    'a second %s',
    (kind, which, done) => {
      expect(found(again(kind, which))).toEqual({ payments_once: [`order ${sound[which]} was ${done} 2 times`] });
    },
  );

  test('an attempt under another key', () => {
    expect(found(again('authorisation', 'fulfilled', { kind: 'decline', key: 'another' }))).toEqual({ payments_once: [`order ${sound.fulfilled} was charged under more than one key`] });
  });

  test('a second capture that takes the money again is named by both', () => {
    expect(named(broken((it, { fulfilled }) => it.ledger.push({ ...entryOf(it, fulfilled, 'capture') })))).toEqual(['payments_once', 'payments_match']);
  });
});

describe('payments_match', () => {
  const without = (kind: LedgerEntry['kind'], which: 'fulfilled' | 'voided' | 'refunded') => broken((it, ids) => {
    it.ledger = it.ledger.filter((entry) => entry.orderId !== ids[which] || entry.kind !== kind);
  });

  test('money of a cancelled order that was kept', () => {
    expect(found(without('refund', 'refunded'))).toEqual({ payments_match: [expect.stringMatching(new RegExp(`^order ${sound.refunded} \\(Refunded\\): [1-9]\\d* kept, 0 due, minor units of USD$`))] });
  });

  test('an authorisation left open', () => {
    expect(found(without('void', 'voided'))).toEqual({ payments_match: [expect.stringMatching(new RegExp(`^order ${sound.voided} \\(Refunded\\): [1-9]\\d* still authorised, minor units of USD$`))] });
  });

  test('a fulfilled order that nobody paid', () => {
    expect(named(without('capture', 'fulfilled'))).toEqual(['payments_match']);
  });

  test('a capture of another amount', () => {
    expect(named(broken((it, { fulfilled }) => {
      for (const kind of ['authorisation', 'capture'] as const) entryOf(it, fulfilled, kind).amount -= 1;
    }))).toEqual(['payments_match']);
  });

  test('another currency', () => {
    const evidence = broken((it, { declined }) => {
      entryOf(it, declined, 'decline').currency = 'EUR';
    });
    expect(found(evidence)).toEqual({ payments_match: [`order ${sound.declined} is in USD, the ledger has a decline in EUR`] });
  });

  test('money taken while the order waits for its payer', () => {
    expect(named(broken((it, { waiting, fulfilled }) => {
      const challenge = entryOf(it, waiting, 'challenge');
      for (const kind of ['authorisation', 'capture'] as const) it.ledger.push({ ...entryOf(it, fulfilled, kind), orderId: waiting, key: challenge.key });
    }))).toEqual(['payments_match']);
  });

  test('an entry of an order that does not exist', () => {
    expect(found(broken((it, { declined }) => it.ledger.push({ ...entryOf(it, declined, 'decline'), orderId: 'invented' })))).toEqual({
      payments_match: ['the ledger names order invented, which does not exist'],
    });
  });
});

describe('bookings', () => {
  const bookingOf = (it: PlayedEvidence, orderId: string) => it.bookings.find((booking) => booking.orderId === orderId) ?? { orderId, state: 'none', ticketNumbers: [] };

  test('an active booking of a refunded order', () => {
    const evidence = broken((it, { refunded }) => {
      bookingOf(it, refunded).state = 'ticketed';
    });
    expect(found(evidence)).toEqual({ bookings: [`order ${sound.refunded} is Refunded and has 1 active booking`] });
  });

  test('a fulfilled order without a booking', () => {
    const evidence = broken((it, { fulfilled }) => {
      bookingOf(it, fulfilled).state = 'cancelled';
    });
    expect(found(evidence)).toEqual({ bookings: [`order ${sound.fulfilled} is Fulfilled and has no active booking`] });
  });

  test('two bookings of one order', () => {
    const evidence = broken((it, { fulfilled }) => it.bookings.push({ ...bookingOf(it, fulfilled), ticketNumbers: [] }));
    expect(found(evidence)).toEqual({ bookings: [`order ${sound.fulfilled} is Fulfilled and has 2 active bookings`] });
  });

  test('a ticket number that two orders have', () => {
    const evidence = broken((it, { refunded, fulfilled }) => bookingOf(it, refunded).ticketNumbers.push(...bookingOf(it, fulfilled).ticketNumbers));
    expect(found(evidence)).toEqual({ bookings: [expect.stringMatching(/^ticket \d{13} was issued to order .* and to order /)] });
  });

  test('a ticket number that two passengers of an order have', () => {
    expect(named(broken((it, { another }) => {
      const { ticketNumbers } = bookingOf(it, another);
      ticketNumbers[1] = ticketNumbers[0] as string;
    }))).toEqual(['bookings']);
  });

  test('other tickets than the order says', () => {
    const evidence = broken((it, { fulfilled }) => {
      bookingOf(it, fulfilled).ticketNumbers = ['9990000000001'];
    });
    expect(found(evidence)).toEqual({ bookings: [`order ${sound.fulfilled} carries other tickets than its booking`] });
  });

  test('a booking of an order that does not exist', () => {
    expect(found(broken((it) => it.bookings.push({ orderId: 'invented', state: 'ticketed', ticketNumbers: [] })))).toEqual({ bookings: ['a booking names order invented, which does not exist'] });
  });

  test('a ticket while the order waits for its payer', () => {
    expect(named(broken((it, { waiting }) => it.bookings.push({ orderId: waiting, state: 'ticketed', ticketNumbers: [] })))).toEqual(['bookings']);
  });
});

describe('seats', () => {
  const seatsOf = (it: PlayedEvidence) => it.seats.find(({ flight, bookingClass }) => flight.startsWith('IA101') && bookingClass === 'Y') as PlayedEvidence['seats'][number];

  test('the orders hold and have bought some', () => {
    expect(seatsOf(sound.evidence)).toMatchObject({ held: 1, sold: 3 });
  });

  test('an oversold class', () => {
    const evidence = broken((it) => {
      seatsOf(it).authorized = 3;
    });
    expect(found(evidence)).toEqual({ seats: ['IA101:2026-12-24/Y: 4 taken of 3 authorised'] });
  });

  test('a hold that leaked', () => {
    const evidence = broken((it) => {
      seatsOf(it).held += 1;
    });
    expect(found(evidence)).toEqual({ seats: ['IA101:2026-12-24/Y: 2 held and 3 sold in Redis, 1 and 3 by the orders'] });
  });

  test('a seat that was given back although it is sold', () => {
    expect(named(broken((it) => {
      seatsOf(it).sold -= 1;
    }))).toEqual(['seats']);
  });

  test('a flight that Redis does not know', () => {
    const evidence = broken((it) => {
      it.seats = it.seats.filter(({ flight }) => !flight.startsWith('IA101'));
    });
    expect(found(evidence)).toEqual({ seats: ['IA101:2026-12-24/Y: unknown to Redis, 1 held and 3 sold by the orders'] });
  });

  test('seats of a flight that no order names', () => {
    expect(named(broken((it) => it.seats.push({ flight: 'IA199:2026-12-24', bookingClass: 'Y', held: 1, sold: 0, authorized: 10 })))).toEqual(['seats']);
  });
});

describe.each(['postgres', 'clickhouse'] as const)('%s', (store) => {
  const rowOf = (it: PlayedEvidence, orderId: string) => it[store].orders.get(orderId) as StoredOrder;

  test('an order that is missing', () => {
    expect(found(broken((it, { declined }) => it[store].orders.delete(declined)))).toEqual({ [store]: [`order ${sound.declined} is missing`] });
  });

  test('an order at an old version', () => {
    const evidence = broken((it, { fulfilled }) => Object.assign(rowOf(it, fulfilled), { version: 8, status: 'Confirmed' }));
    expect(found(evidence)).toEqual({ [store]: [`order ${sound.fulfilled} is stored at version 8 (Confirmed), the log has 9 (Fulfilled)`] });
  });

  test('an order in another status', () => {
    expect(named(broken((it, { fulfilled }) => Object.assign(rowOf(it, fulfilled), { status: 'Refunded' })))).toEqual([store]);
  });

  test.each([{ totalMinor: 1 }, { totalMinor: null }, { currency: 'EUR' }])('an order with %j', (change) => {
    expect(found(broken((it, { fulfilled }) => Object.assign(rowOf(it, fulfilled), change)))).toEqual({ [store]: [expect.stringContaining(`order ${sound.fulfilled} is stored with total`)] });
  });

  test('an order that the log does not have', () => {
    const evidence = broken((it, { fulfilled }) => it[store].orders.set('invented', { ...rowOf(it, fulfilled), orderId: 'invented' }));
    expect(found(evidence)).toEqual({ [store]: ['order invented is stored and not in the log'] });
  });

  test('an event that is missing', () => {
    const evidence = broken((it, { fulfilled }) => {
      rowOf(it, fulfilled).events -= 1;
      it[store].totals.events -= 1;
      it[store].totals.distinctEventIds -= 1;
    });
    const { events } = sound.evidence.postgres.totals;
    expect(found(evidence)).toEqual({ [store]: [`order ${sound.fulfilled} has 8 events stored, 9 in the log`, `${events - 1} events stored, ${events} in the log`] });
  });

  test('a row that stands there twice', () => {
    const evidence = broken((it, { fulfilled }) => {
      rowOf(it, fulfilled).events += 1;
      it[store].totals.events += 1;
    });
    expect(found(evidence)[store]).toContain('1 events stored more than once');
    expect(named(evidence)).toEqual([store]);
  });

  test('one event lost and another twice: the sum is right, the orders are not', () => {
    expect(named(broken((it, { fulfilled, another }) => {
      rowOf(it, fulfilled).events += 1;
      rowOf(it, another).events -= 1;
    }))).toEqual([store]);
  });

  test.each([['USD', 1], ['EUR', 1]])('a sum of %s that is wrong', (currency, extra) => {
    const evidence = broken((it) => {
      it[store].totals.totals[currency] = (it[store].totals.totals[currency] ?? 0) + extra;
    });
    expect(found(evidence)).toEqual({ [store]: [expect.stringMatching(new RegExp(`^order totals sum up to \\d+ ${currency} minor units, in the log to \\d+$`))] });
  });
});

describe('redis', () => {
  const key = (): string => `{ord:${sound.fulfilled}}:head`;

  test('a key that differs', () => {
    expect(found(broken(({ redis }) => redis.set(key(), '8 Confirmed 0 other')))).toEqual({ redis: [`${key()} differs from the changelog`] });
  });

  test('a key that is missing', () => {
    expect(found(broken(({ redis }) => redis.delete(key())))).toEqual({ redis: [`${key()} is in the changelog and not in Redis`] });
  });

  test('a key too many', () => {
    expect(found(broken(({ redis }) => redis.set('{ord:invented}:head', '1 Received 0 other')))).toEqual({ redis: ['{ord:invented}:head is in Redis and not in the changelog'] });
  });
});

describe('tables', () => {
  type Row = { payment: string | null; hold: string | null; tickets: string[] };
  const rowOf = (it: PlayedEvidence, orderId: string) => it.postgres.details.get(orderId) as Row;

  test('the orders have all three', () => {
    expect(sound.evidence.postgres.details.get(sound.fulfilled)).toEqual({
      payment: expect.stringMatching(/^card captured \S+ \S+ \S+ - - \d+ USD$/), hold: expect.stringMatching(/^sold until \d+$/), tickets: [expect.stringMatching(/^\d{13}-\d P1 issued$/)],
    });
  });

  test.each(['payment', 'hold'] as const)('a %s that differs, or is missing', (part) => {
    const due = sound.evidence.postgres.details.get(sound.fulfilled)?.[part];
    const stored = (text: string | null) => found(broken((it, { fulfilled }) => Object.assign(rowOf(it, fulfilled), { [part]: text })));
    expect(stored('other')).toEqual({ tables: [`order ${sound.fulfilled}: ${part} stored is other, in the log ${due}`] });
    expect(stored(null)).toEqual({ tables: [`order ${sound.fulfilled}: ${part} stored is none, in the log ${due}`] });
  });

  test('a ticket that is missing', () => {
    expect(found(broken((it, { another }) => void rowOf(it, another).tickets.pop()))).toEqual({ tables: [expect.stringMatching(`^order ${sound.another}: tickets stored are \\S+ P1 issued, in the log `)] });
  });

  test('rows of an order that the log does not have', () => {
    expect(found(broken((it) => it.postgres.details.set('invented', { payment: null, hold: 'held until 1', tickets: [] })))).toEqual({ tables: ['order invented has a payment, a hold or tickets stored and is not in the log'] });
  });
});

describe('audit', () => {
  test('an entry that is missing', () => {
    expect(found(broken(({ audit }) => audit.splice(1, 1)))).toEqual({ audit: ['audit entry 2 is missing'] });
  });

  test('an entry that was altered', () => {
    expect(found(broken(({ audit }) => Object.assign(audit[0] as object, { actor: 'nobody' })))).toEqual({ audit: ['audit entry 1 (replayed receive/0/0) was altered'] });
  });
});

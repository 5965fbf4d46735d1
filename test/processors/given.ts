import { createSecretKey } from 'node:crypto';
import type { CataloguePort, Flight } from '../../connectors/ports/catalogue.ts';
import type { Ports } from '../../connectors/ports/index.ts';
import { untouched } from '../../processors/orders/untouched.ts';
import type { Context, Current } from '../../processors/processor.ts';
import type { Settings } from '../../processors/settings.ts';
import { type DataKey, seal } from '../../schemas/seal.ts';
import type { EventType, Order, OrderCommand, OrderEvent, OrderItem, PassengerType } from '../../schemas/types.ts';

/** What processor tests start from: a small airline, an order that it sells, and a context in which every port must be given. */

export const NOW = Date.UTC(2026, 10, 1, 12);
export const HOUR_MS = 3_600_000;
export const CUSTOMER = 'C-1001';

export const settings: Settings = {
  maxConcurrentOrders: 10_000,
  orderTimeoutMs: 30_000,
  stepRetries: 3,
  sinkBatch: 1_000,
  paymentTimeoutMs: 15_000,
  fraudThreshold: 0.8,
  fraudReviewThreshold: 0.6,
  blockedTokens: ['tok_fraud'],
  currencies: ['USD', 'EUR', 'GBP', 'JPY'],
  refundWindowDays: 90,
  holdMs: 900_000,
  inventorySyncMs: 10_000,
  allocation: 'first_come_first_served',
  overbookingFactor: 1.05,
  notificationChannels: ['email', 'sms'],
  notificationRetries: 3,
  airlineAccountingCode: '125',
  ticketCheckDigitScheme: 'document10',
};

/** A flight leaving at `departureTime` (ms, UTC) and arriving 7 hours later. */
export function flight(
  flightNumber: string,
  origin: string,
  destination: string,
  departureTime: number,
  hours = 7,
): Flight {
  const arrivalTime = departureTime + hours * HOUR_MS;
  return {
    flightNumber,
    origin,
    destination,
    departureTime,
    arrivalTime,
    departureDate: new Date(departureTime).toISOString().slice(0, 10),
    departsAt: new Date(departureTime).toISOString(),
    arrivesAt: new Date(arrivalTime).toISOString(),
    classes: [
      { bookingClass: 'Y', cabin: 'economy', capacity: 100, fares: { USD: 19_900, GBP: 15_900 } },
      { bookingClass: 'J', cabin: 'business', capacity: 10, fares: { USD: 99_900 } },
    ],
  };
}

const FLIGHTS = [
  flight('IA101', 'LHR', 'JFK', Date.UTC(2026, 11, 24, 9)),
  flight('IA102', 'JFK', 'LHR', Date.UTC(2026, 11, 30, 9)),
  flight('IA103', 'LHR', 'CDG', Date.UTC(2026, 11, 24, 11), 1),
  flight('IA104', 'JFK', 'LHR', Date.UTC(2026, 11, 24, 18)),
  flight('IA110', 'LHR', 'CDG', NOW - HOUR_MS, 1),
  flight('IA111', 'LHR', 'CDG', NOW + 59 * 60_000, 1),
  flight('IA112', 'LHR', 'CDG', NOW + 60 * 60_000, 1),
];

/** Share of the adult fare, in hundredths. */
const SHARES: Readonly<Record<string, number>> = { ADT: 100, CHD: 75, INF: 10 };

export function catalogueOf(flights: readonly Flight[]): CataloguePort {
  const bag = { code: 'BAG1', description: 'First bag', prices: { USD: 3_500, GBP: 2_800 } };
  return {
    flight: (number, date) => flights.find((one) => one.flightNumber === number && one.departureDate === date),
    flightsOn: (date) => flights.filter((one) => one.departureDate === date),
    ancillary: (code) => (code === bag.code ? bag : undefined),
    ancillaries: () => [bag],
    fare(one, bookingClass, passengerType, currency) {
      const adult = one.classes.find((sold) => sold.bookingClass === bookingClass)?.fares[currency];
      return adult === undefined
        ? undefined
        : { amount: Math.round((adult * (SHARES[passengerType] ?? 100)) / 100), currency };
    },
  };
}

export const catalogue = catalogueOf(FLIGHTS);

export const dataKey: DataKey = { keyId: 'k1', secret: createSecretKey(Buffer.alloc(32, 7)) };
export const keys: Ports['keys'] = {
  keyFor: async () => dataKey,
  keyById: async (keyId) => (keyId === dataKey.keyId ? dataKey : undefined),
  forget: async () => {},
};

export const sealedContact = (contact: object): string => seal(contact, dataKey, `${CUSTOMER}|contact`);
export const sealedIdentity = (identity: object): string => seal(identity, dataKey, `${CUSTOMER}|identity`);

export function passenger(passengerId: string, type: PassengerType = 'ADT', identity: object = {}) {
  const dateOfBirth = { ADT: '1985-12-10', CHD: '2018-05-01', INF: '2026-01-15' }[type];
  return {
    passengerId,
    type,
    identity: sealedIdentity({ givenName: 'Ada', familyName: 'Lovelace', dateOfBirth, ...identity }),
  };
}

let items = 0;
export function flightItem(
  flightNumber: string,
  departureDate: string,
  passengerIds = ['P1'],
  bookingClass = 'Y',
): OrderItem {
  items += 1;
  return {
    itemId: `I${items}`,
    type: 'flight',
    flightNumber,
    departureDate,
    bookingClass,
    code: null,
    passengerIds,
    amount: null,
  };
}

export function bag(
  flightNumber: string | null,
  departureDate: string | null,
  passengerIds = ['P1'],
  code = 'BAG1',
): OrderItem {
  items += 1;
  return {
    itemId: `I${items}`,
    type: 'ancillary',
    flightNumber,
    departureDate,
    bookingClass: null,
    code,
    passengerIds,
    amount: null,
  };
}

/** One adult from London to New York with a bag: 23,400 minor units of USD. */
export function order(changes: Partial<Order> = {}): Order {
  return {
    orderId: 'O-1',
    channel: 'web',
    placedAt: NOW,
    currency: 'USD',
    customer: {
      customerId: CUSTOMER,
      contact: sealedContact({ email: 'ada@example.com', phone: '+442071838750' }),
      emailHash: 'e'.repeat(32),
      locale: 'en-US',
    },
    passengers: [passenger('P1')],
    items: [flightItem('IA101', '2026-12-24'), bag('IA101', '2026-12-24')],
    expectedTotal: null,
    ...untouched({ method: 'card', token: 'tok_visa' }),
    deviceHash: null,
    ...changes,
  };
}

export const priced = (changes: Partial<Order> = {}): Order =>
  order({ total: { amount: 23_400, currency: 'USD' }, ...changes });
export const held = (changes: Partial<Order> = {}): Order =>
  priced({ hold: { state: 'held', expiresAt: NOW + 900_000 }, ...changes });
export const sold = (changes: Partial<Order> = {}): Order =>
  paid('authorised', { hold: { state: 'sold', expiresAt: NOW + 900_000 }, ...changes });
export const paid = (status: Order['payment']['status'], changes: Partial<Order> = {}): Order => {
  const base = held(changes);
  return { ...base, payment: { ...base.payment, status, processor: 'sandbox', authorizationId: 'auth-1' } };
};

export function event<Type extends EventType>(type: Type, after: Order, status = ''): OrderEvent<Type> {
  return {
    type,
    eventId: `event-${type}`,
    orderId: after.orderId,
    version: 3,
    status,
    occurredAt: NOW,
    causationId: 'cause',
    order: after,
  } as OrderEvent<Type>;
}

export function current(status: string, atRest: boolean, of: Order): Current {
  return { status, version: 5, atRest, order: of };
}

export function command(change: Partial<OrderCommand>): OrderCommand {
  return {
    commandId: 'cmd-1',
    orderId: 'O-1',
    kind: 'place',
    issuedAt: NOW,
    place: null,
    cancel: null,
    authenticate: null,
    ...change,
  };
}

/** A context whose ports are the given ones; reaching for another fails the test. */
export function context(ports: Partial<Ports> = {}, changes: Partial<Context> = {}): Context {
  const given: Partial<Ports> = { catalogue, keys, ...ports };
  const base = { settings, now: NOW, key: (effect: string) => `O-1:${effect}`, ...given, ...changes };
  return new Proxy(base as Context, {
    get(target, name) {
      if (!(name in target)) throw new Error(`the test gave no ${String(name)}`);
      return target[name as keyof Context];
    },
  });
}

/** Checks that what a processor returns does not share the input's parts: the input is frozen all through. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import type { Flight } from '../../connectors/ports/catalogue.ts';
import type { StoredEvent, StoredOrder } from '../../connectors/postgres/read-model.ts';
import { createApp, type IngressDeps } from '../../ingress/app.ts';
import { memoryIdempotency } from '../../ingress/idempotency.ts';
import { LiveEvents } from '../../ingress/live.ts';
import { EXAMPLE_ORDER } from '../../ingress/order-body.ts';
import { uuidV7 } from '../../ingress/order-id.ts';
import type { Order, OrderCommand, EventType } from '../../schemas/types.ts';
import { memoryCodec } from '../../schemas/codec.ts';
import { nextStatus, restsAfter, type OrderStatus } from '../../topology/order-states.ts';
import { eventHeaders } from '../../topology/runtime/headers.ts';
import { eventIdOf } from '../../topology/runtime/event-id.ts';
import type { OrderHead } from '../../topology/runtime/state.ts';
import { memoryKeys } from '../driver/memory-keys.ts';

export interface Published {
  command: OrderCommand;
  headers: Readonly<Record<string, string>>;
}

/** What one event does to the fakes: told live, known to Redis, written down in the read model. */
export type Reach = 'live' | 'state' | 'readModel';

export const EVERYWHERE: readonly Reach[] = ['live', 'state', 'readModel'];

/** The API over fakes, listening on a free port; events are made to happen by hand. */
export async function openRig(overrides: Partial<IngressDeps> = {}) {
  const codec = memoryCodec();
  const published: Published[] = [];
  const logged: { level: string; fields: object; message: string }[] = [];
  const heads = new Map<string, OrderHead>();
  const rows = new Map<string, StoredOrder>();
  const histories = new Map<string, StoredEvent[]>();
  const statuses = new Map<string, { status: OrderStatus; version: number }>();
  const faults = {
    publish: null as Error | null,
    state: null as Error | null,
    readModel: null as Error | null,
    counts: null as Error | null,
  };
  const counts = {
    /** How often counts were read, of how many flights, and how often changes were asked for. */
    calls: 0,
    flights: 0,
    polls: 0,
    byFlight: {} as Record<string, Record<string, { held: number; sold: number }>>,
    changed: [] as { flightNumber: string; departureDate: string }[],
  };
  const clock = { now: Date.parse('2026-11-22T10:00:00Z') };
  let onPublish: (published: Published) => void = () => {};
  const log = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });

  const deps: IngressDeps = {
    readModel: {
      order: async (orderId) => failing(faults.readModel) ?? rows.get(orderId),
      history: async (orderId) => failing(faults.readModel) ?? histories.get(orderId) ?? [],
      list: async (query = {}) => {
        failing(faults.readModel);
        const all = [...rows.values()].filter(
          ({ order, status }) =>
            (query.status ?? status) === status && (query.channel ?? order.channel) === order.channel,
        );
        return { data: all.slice(0, query.limit), nextCursor: all.length > (query.limit ?? 50) ? 'more' : null };
      },
    },
    state: { read: async (orderId) => failing(faults.state) ?? { head: heads.get(orderId) ?? null, mark: null } },
    publish: async (command, headers) => {
      failing(faults.publish);
      const record = { command, headers };
      published.push(record);
      onPublish(record);
    },
    codec,
    live: new LiveEvents(),
    catalogue,
    inventory: {
      counts: async (flights) => {
        failing(faults.counts);
        counts.calls += 1;
        counts.flights += flights.length;
        return flights.map(({ flightNumber }) => counts.byFlight[flightNumber] ?? {});
      },
      changes: async (since) => {
        failing(faults.counts);
        counts.polls += 1;
        return { cursor: String(counts.changed.length), flights: since === null ? null : counts.changed.slice(Number(since)) };
      },
    },
    keys: memoryKeys(),
    idempotency: memoryIdempotency(),
    topology: { nodes: [{ name: 'receive' }], edges: [] },
    checks: {},
    settings: {
      maxConcurrentOrders: 100,
      orderTimeoutMs: 30_000,
      currencies: ['USD', 'EUR', 'GBP', 'JPY'],
      refundWindowDays: 90,
      inventorySyncMs: 10_000,
      overbookingFactor: 1.05,
      allocation: 'first_come_first_served',
    },
    pepper: 'pepper-of-the-tests',
    metrics: new Registry(),
    limits: { heartbeatMs: 40, streamGraceMs: 20, gapMs: 5, checkMs: 50 },
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    now: () => clock.now,
    newId: () => uuidV7(Date.now()),
    ...overrides,
  };

  const app = createApp(deps);
  const server = app.listen(0, '127.0.0.1');
  const lookups = app.speedUpLookups(server);
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** An event of the order happens, the state table willing; `change` is what it does to the snapshot. */
  function happen(
    order: Order,
    type: EventType,
    change: Partial<Order> = {},
    reach: readonly Reach[] = EVERYWHERE,
  ): Order {
    const before = statuses.get(order.orderId) ?? { status: 'new' as const, version: 0 };
    const status = nextStatus(before.status, type);
    if (!status) throw new Error(`${type} cannot follow ${before.status}`);
    const version = before.version + 1;
    statuses.set(order.orderId, { status, version });
    const next = { ...order, ...change };
    const event = {
      type,
      eventId: eventIdOf({ orderId: order.orderId, causationId: 'cause', type, version }),
      orderId: order.orderId,
      version,
      status,
      occurredAt: clock.now + version,
      causationId: 'cause',
      order: next,
    };
    const bytes = codec.encode(type, event);
    if (reach.includes('state'))
      heads.set(order.orderId, { version, status, atRest: restsAfter(type, status), event: bytes });
    if (reach.includes('readModel')) {
      rows.set(order.orderId, { orderId: order.orderId, version, status, updatedAt: event.occurredAt, order: next });
      const { eventId, occurredAt } = event;
      histories.set(order.orderId, [
        ...(histories.get(order.orderId) ?? []),
        { eventId, version, type, status, occurredAt },
      ]);
    }
    if (reach.includes('live'))
      deps.live.dispatch({ key: order.orderId, value: bytes, headers: eventHeaders(event, 'test', undefined) });
    return next;
  }

  return {
    closeStreams: () => app.closeStreams(),
    /** The routes of the app, apart from those that stand for all methods of a path. */
    routes: (): [path: string, method: string][] =>
      app.router.stack.flatMap(({ route }) => {
        const methods = Object.keys((route as unknown as { methods?: object } | undefined)?.methods ?? {});
        return route && methods.length === 1 ? [[route.path, methods[0] as string] as [string, string]] : [];
      }),
    deps,
    server,
    lookups,
    base,
    clock,
    faults,
    counts,
    published,
    logged,
    heads,
    rows,
    histories,
    happen,
    whenPublished(handler: (published: Published) => void) {
      onPublish = handler;
    },
    /** The newest published order. */
    placed: (): Order => published.findLast(({ command }) => command.kind === 'place')?.command.place as Order,
    request: (path: string, init: RequestInit = {}): Promise<Response> => fetch(base + path, init),
    place: (body: unknown = EXAMPLE_ORDER, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${base}/api/v1/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async close() {
      app.closeStreams();
      deps.live.close();
      lookups.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The answer's JSON, as the test expects it to be shaped. */
export const jsonOf = async <Shape>(response: Response | Promise<Response>): Promise<Shape> =>
  (await (await response).json()) as Shape;

export type Rig = Awaited<ReturnType<typeof openRig>>;

/** The way of an order to its ticketed, paid end. */
export const HAPPY_PATH: readonly (readonly [EventType, Partial<Order>])[] = [
  ['OrderReceived', {}],
  ['OrderValidated', { total: { amount: 23_400, currency: 'USD' } }],
  ['OrderScored', {}],
  ['InventoryHeld', {}],
  ['PaymentApproved', {}],
  ['InventoryConfirmed', {}],
  [
    'TicketIssued',
    { bookingReference: 'K7QX2M', tickets: [{ passengerId: 'P1', ticketNumber: '0001234567890', checkDigit: 3 }] },
  ],
  ['OrderConfirmed', {}],
  ['OrderFulfilled', {}],
];

export function fulfil(rig: Rig, order: Order, reach: readonly Reach[] = EVERYWHERE): Order {
  return HAPPY_PATH.reduce((current, [type, change]) => rig.happen(current, type, change, reach), order);
}

function failing(error: Error | null): undefined {
  if (error) throw error;
}

const flight = (flightNumber: string, capacity: number, origin = 'LHR', destination = 'JFK'): Flight => ({
  flightNumber,
  departureDate: '2026-12-24',
  origin,
  destination,
  departsAt: '2026-12-24T09:00:00+00:00',
  arrivesAt: '2026-12-24T12:00:00-05:00',
  departureTime: Date.parse('2026-12-24T09:00:00Z'),
  arrivalTime: Date.parse('2026-12-24T17:00:00Z'),
  classes: [
    { bookingClass: 'Y', cabin: 'economy', capacity, fares: { USD: 20_000 } },
    { bookingClass: 'J', cabin: 'business', capacity: Math.floor(capacity / 10), fares: { USD: 90_000, EUR: 85_000 } },
  ],
});

const FLIGHTS = [flight('IA101', 100), flight('IA102', 50, 'LHR', 'CDG'), flight('IA902', 0)];

const catalogue: IngressDeps['catalogue'] = {
  flight: (flightNumber, date) =>
    FLIGHTS.find((each) => each.flightNumber === flightNumber && each.departureDate === date),
  flightsOn: (date) => FLIGHTS.filter(({ departureDate }) => departureDate === date),
  ancillary: () => undefined,
  ancillaries: () => [],
  fare: (found, bookingClass, _type, currency) => {
    const amount = found.classes.find((each) => each.bookingClass === bookingClass)?.fares[currency];
    return amount === undefined ? undefined : { amount, currency };
  },
};

import type { CataloguePort } from '../../connectors/ports/catalogue.ts';
import { orderIdFor } from '../../ingress/order-id.ts';
import { generateOrders } from '../../topology/demo/generator.ts';
import { dateOf } from '../../topology/demo/journeys.ts';
import type { OrderRequest } from '../../topology/demo/order-request.ts';
import { Random } from '../../topology/demo/random.ts';
import { uuidV5 } from '../../topology/runtime/event-id.ts';

/** An order of workload W, and all that its customer and channel will do about it. */
export interface PlannedOrder {
  kind: 'order';
  /** Known beforehand, so that an order nobody planned is found out. */
  orderId: string;
  /** Through the API, or straight onto the commands topic as channels may. */
  via: 'http' | 'kafka';
  /** Also the Idempotency-Key over HTTP: repeats until it is acknowledged place one order. */
  key: string;
  body: OrderRequest;
  /** Whether the command is sent once more, as it was or with another body under the same key. */
  repeat: 'none' | 'same' | 'changed';
  /** Ms after it was first sent; 'before' is ahead of the order itself. Null for never. */
  cancel: number | 'before' | null;
  /** What its payer does about the challenge of a card that asks for one. */
  challenge: 'none' | 'authenticated' | 'failed' | 'ignored';
}

export const POISONS = ['bad-avro', 'unknown-schema', 'too-large', 'impossible'] as const;
/** Ends in a dead letter, is refused by the broker, or becomes an Invalid order: see `afterlife`. */
export type Poison = (typeof POISONS)[number];

export interface PlannedPoison {
  kind: 'poison';
  poison: Poison;
  /** Key of the record; for impossible business data the id of the order it would be. */
  orderId: string;
}

export type Planned = PlannedOrder | PlannedPoison;

/** What has to become of a poisonous record. */
export const afterlife: Record<Poison, 'dead-letter' | 'refused' | 'invalid-order'> = {
  'bad-avro': 'dead-letter',
  'unknown-schema': 'dead-letter',
  'too-large': 'refused',
  impossible: 'invalid-order',
};

/** Of a hundred orders; the rest is what the generator of the demo airline makes of them, 3 declines among it. */
const PERCENT = { poison: 1, repeat: 10, cancel: 7, straightToKafka: 40 } as const;
const CANCELLED_BEFORE_PERCENT = 20;
/** Cards that behave, and how many of a hundred orders are paid with one. */
const CARDS = [
  ['tok_timeout', 3],
  ['tok_flaky', 2],
  ['tok_3ds', 5],
  ['tok_fraud', 1],
] as const;
/** Flights that fail on purpose, and a cabin of which there are fewer seats than are asked for. */
const FLIGHTS = [
  ['IA901', 'Y', 5],
  ['IA902', 'Y', 1],
  ['IA903', 'Y', 3],
  ['scarce', 'C', 12],
] as const;
const SCARCE_FLIGHTS = 24;
const LATEST_CANCEL_MS = 5_000;
const CHALLENGES = [
  ['authenticated', 50],
  ['failed', 15],
  ['ignored', 35],
] as const;

/** Workload W of docs/reliability.md, without end: the same seed, catalogue and day give the same. */
export function* workload({ seed, catalogue, today }: { seed: number; catalogue: CataloguePort; today: Date }): Generator<Planned, never> {
  const random = new Random(seed);
  const bodies = generateOrders({ seed, catalogue, today, cancelPercent: 0 });
  for (let number = 1; ; number += 1) {
    // Letters between the numbers: digits alone may be what a card number looks like.
    const key = `chaos-${seed}n${number}`;
    if (random.chance(PERCENT.poison)) yield { kind: 'poison', poison: random.pick(POISONS), orderId: uuidV5(`poison|${key}`) };
    else yield plannedOrder(random, key, bodies.next().value.body, today);
  }
}

function plannedOrder(random: Random, key: string, given: OrderRequest, today: Date): PlannedOrder {
  const body = onFlight(random, withCard(random, given, key), today);
  const via = random.chance(PERCENT.straightToKafka) ? 'kafka' : 'http';
  const cancel = random.chance(PERCENT.cancel) ? (random.chance(CANCELLED_BEFORE_PERCENT) ? 'before' : random.int(0, LATEST_CANCEL_MS)) : null;
  return {
    kind: 'order', key, via, body, cancel,
    orderId: orderIdFor('public', 'POST /api/v1/orders', key),
    repeat: random.chance(PERCENT.repeat) ? random.pick(['same', 'changed'] as const) : 'none',
    challenge: body.payment.token.startsWith('tok_3ds') ? random.weighted(CHALLENGES) : 'none',
  };
}

function withCard(random: Random, body: OrderRequest, key: string): OrderRequest {
  const token = chosen(random, CARDS.map(([card, percent]) => [card, percent] as const));
  return token ? { ...body, payment: { method: 'card', token: `${token}_${key}` } } : body;
}

function onFlight(random: Random, body: OrderRequest, today: Date): OrderRequest {
  const flight = chosen(random, FLIGHTS.map((each) => [each, each[2]] as const));
  if (!flight) return body;
  const [name, bookingClass] = flight;
  const scarce = name === 'scarce';
  const flightNumber = scarce ? `IA${101 + random.int(0, SCARCE_FLIGHTS - 1)}` : name;
  // Few days for what is scarce, many for the rest.
  const departureDate = dateOf(today.getTime() + (scarce ? 20 : random.int(10, 50)) * 86_400_000);
  const [first] = body.passengers;
  const { expectedTotal: _, ...rest } = body;
  const passengers = first ? [{ ...first, type: 'ADT' as const, dateOfBirth: '1985-12-10' }] : [];
  return { ...rest, passengers, items: [{ type: 'flight', flightNumber, departureDate, bookingClass, passengerIds: passengers.map(({ passengerId }) => passengerId) }] };
}

/** One of the choices as often as its percentage says, or none. */
function chosen<T>(random: Random, choices: readonly (readonly [T, number])[]): T | null {
  const others = 100 - choices.reduce((sum, [, percent]) => sum + percent, 0);
  return random.weighted<T | null>([...choices, [null, others]]);
}

/** Another body under the same key: what a confused client sends. */
export const changed = (body: OrderRequest): OrderRequest => ({ ...body, channel: body.channel === 'voice' ? 'web' : 'voice' });

import type { CataloguePort } from '../../connectors/ports/catalogue.ts';
import { dateOf, journey, type Leg } from './journeys.ts';
import type { ItemRequest, OrderRequest, PassengerRequest } from './order-request.ts';
import { Random } from './random.ts';
import { customer, party } from './travellers.ts';

export interface GeneratorOptions {
  /** Same seed, catalogue and day: same orders. Two seeds share no customer and no token. */
  seed: number;
  catalogue: CataloguePort;
  today: Date;
  /** Of the orders, how many are cancelled soon after. */
  cancelPercent?: number;
  declinePercent?: number;
  /** Orders whose payer has to authenticate (3-D Secure). Nobody does: they wait until their hold lapses. */
  challengePercent?: number;
}

export interface PlannedOrder {
  /** For POST /api/v1/orders. */
  body: OrderRequest;
  /** When to cancel it, ms after it was placed; null for never. */
  cancelAfterMs: number | null;
}

const CHANNELS = [
  ['web', 45],
  ['mobile', 30],
  ['agent', 10],
  ['corporate', 7],
  ['partner', 5],
  ['voice', 3],
] as const;
const METHODS = [
  ['card', 80],
  ['apple_pay', 12],
  ['google_pay', 8],
] as const;
const CARDS = [
  ['tok_visa', 55],
  ['tok_mastercard', 33],
  ['tok_amex', 12],
] as const;
const DECLINED = ['tok_declined', 'tok_insufficient_funds', 'tok_expired_card'] as const;
/** Ancillaries and how many passengers in a hundred take them on a flight. */
const EXTRAS = [
  ['BAG1', 40],
  ['SEAT', 30],
  ['MEAL', 15],
  ['FAST', 7],
  ['LOUNGE', 5],
  ['PET', 1],
] as const;
const LATEST_CANCEL_MS = 5_000;

/** Orders as customers of the demo airline might place them, without end. Names, addresses and numbers belong to nobody. */
export function* generateOrders({
  seed,
  catalogue,
  today,
  cancelPercent = 5,
  declinePercent = 3,
  challengePercent = 0,
}: GeneratorOptions): Generator<PlannedOrder, never> {
  const random = new Random(seed);
  const start = today.getTime();
  for (let count = 1; ; count += 1) {
    const serial = `${seed.toString(36)}n${count}`;
    const legs = journey(random, catalogue, start);
    const passengers = party(random, Date.parse(dateOf(legs[0]?.flight.departureTime ?? start)));
    const { customer: buyer, currency: home } = customer(random, serial, passengers[0] as PassengerRequest);
    const currency = random.chance(90) ? home : random.pick(['USD', 'EUR', 'GBP']);
    const items = [...legs.map((leg) => flightItem(leg, passengers)), ...extras(random, legs, passengers)];
    const token = random.chance(declinePercent)
      ? random.pick(DECLINED)
      : random.chance(challengePercent)
        ? 'tok_3ds'
        : random.weighted(CARDS);
    const body: OrderRequest = {
      channel: random.weighted(CHANNELS),
      customer: buyer,
      passengers,
      items,
      currency,
      payment: { method: random.weighted(METHODS), token: `${token}_${serial}` },
    };
    if (random.chance(60)) body.expectedTotal = { amount: totalOf(body, catalogue), currency };
    if (random.chance(70)) body.deviceId = `dev-${serial}`;
    yield { body, cancelAfterMs: random.chance(cancelPercent) ? random.int(0, LATEST_CANCEL_MS) : null };
  }
}

function flightItem({ flight, bookingClass }: Leg, passengers: readonly PassengerRequest[]): ItemRequest {
  const { flightNumber, departureDate } = flight;
  return {
    type: 'flight',
    flightNumber,
    departureDate,
    bookingClass,
    passengerIds: passengers.map(({ passengerId }) => passengerId),
  };
}

/** Bags, seats and the like for some of those with a seat of their own; insurance for the whole trip. */
function extras(random: Random, legs: readonly Leg[], passengers: readonly PassengerRequest[]): ItemRequest[] {
  const seated = passengers.filter(({ type }) => type !== 'INF').map(({ passengerId }) => passengerId);
  const onFlights = legs.flatMap(({ flight: { flightNumber, departureDate } }) =>
    EXTRAS.flatMap(([code, percent]): ItemRequest[] => {
      const passengerIds = seated.filter(() => random.chance(percent));
      return passengerIds.length > 0 ? [{ type: 'ancillary', code, flightNumber, departureDate, passengerIds }] : [];
    }),
  );
  return random.chance(10) ? [...onFlights, { type: 'ancillary', code: 'INSR', passengerIds: seated }] : onFlights;
}

/** What the channel shows its customer: the sum of fares and ancillaries, minor units. */
function totalOf({ items, passengers, currency }: OrderRequest, catalogue: CataloguePort): number {
  const types = new Map(passengers.map(({ passengerId, type }) => [passengerId, type as string]));
  return items.reduce((sum, item) => {
    if (item.type === 'ancillary')
      return sum + (catalogue.ancillary(item.code)?.prices[currency] ?? 0) * item.passengerIds.length;
    const flight = catalogue.flight(item.flightNumber, item.departureDate);
    if (!flight) throw new Error(`${item.flightNumber} on ${item.departureDate} is not in the catalogue`);
    const fares = item.passengerIds.map(
      (id) => catalogue.fare(flight, item.bookingClass, types.get(id) ?? 'ADT', currency)?.amount ?? 0,
    );
    return sum + fares.reduce((total, fare) => total + fare, 0);
  }, 0);
}

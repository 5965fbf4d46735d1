import type { KeyPort } from '../../connectors/ports/keys.ts';
import { authenticateCommand, cancelCommand } from '../../ingress/channels/change-order.ts';
import { placeCommand } from '../../ingress/channels/place-order.ts';
import { OrderBody } from '../../ingress/order-body.ts';
import type { OrderCommand } from '../../schemas/types.ts';
import type { Random } from './random.ts';

/** A record that arrives on the commands topic. */
export interface Arrival {
  /** ms after the start. */
  at: number;
  orderId: string;
  /** Null: bytes that nobody can read. */
  command: OrderCommand | null;
}

const PEPPER = 'a pepper for simulations only';
const FAR = '2026-12-24';
const LATER = '2026-12-28';

/** What is flown: ordinary, untrustworthy (IA901 has no tickets, IA902 no seats, IA903 a single one), or both there and back. */
const TRIPS = {
  plain: [['IA101', FAR]],
  unticketable: [['IA901', FAR]],
  full: [['IA902', FAR]],
  last_seat: [['IA903', FAR]],
  there_and_back: [['IA101', FAR], ['IA102', LATER]],
  last_seat_and_back: [['IA903', FAR], ['IA110', LATER]],
  plain_and_full: [['IA101', FAR], ['IA902', FAR]],
} as const satisfies Record<string, readonly (readonly [string, string])[]>;
const TRIP_WEIGHTS: Record<keyof typeof TRIPS, number> = {
  plain: 6, unticketable: 2, full: 1, last_seat: 5, there_and_back: 3, last_seat_and_back: 3, plain_and_full: 1,
};
const TOKEN_WEIGHTS = { tok_visa: 8, tok_declined: 1, tok_insufficient_funds: 1, tok_timeout: 3, tok_flaky: 3, tok_fraud: 1, tok_3ds: 4 };
const PLACED_WITHIN_MS = 8_000;
const POISON_SHARE = 0.1;

/** How long before its order an early cancel comes at most, ms: most orders follow at once, some when much has happened to the mark. */
const EARLY_MS = [500, 8_000, 20_000] as const;

/** Commands of a few orders, as a day of an airline would have them in a bad hour. */
export async function workload(random: Random, startAt: number, keys: KeyPort): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  const orders = random.int(3, 10);
  for (let at = 0; at < orders; at += 1) arrivals.push(...(await storyOf(at, random, startAt, keys)));
  while (random.chance(POISON_SHARE)) arrivals.push({ at: random.between(0, PLACED_WITHIN_MS), orderId: `noise-${random.int(0, 9_999)}`, command: null });
  return arrivals.sort((one, other) => one.at - other.at);
}

async function storyOf(index: number, random: Random, startAt: number, keys: KeyPort): Promise<Arrival[]> {
  const orderId = random.uuid();
  const isCancelled = random.chance(0.35);
  const isEarly = isCancelled && random.chance(0.15);
  const begunAt = random.between(0, PLACED_WITHIN_MS);
  const placedAt = isEarly ? begunAt + random.between(1, random.pick(EARLY_MS)) : begunAt;
  const token = random.weighted(TOKEN_WEIGHTS);
  const command = await placed(orderId, index, token, Math.floor(startAt + placedAt), random, keys);
  const story: Arrival[] = [{ at: placedAt, orderId, command }];
  const say = (at: number, make: (commandId: string, now: number) => OrderCommand): void => {
    story.push({ at, orderId, command: make(random.uuid(), Math.floor(startAt + at)) });
  };
  if (isCancelled) {
    const at = isEarly ? begunAt : placedAt + random.between(0, random.pick([30, 400, 3_000, 30_000]));
    say(at, (commandId, now) => cancelCommand({ commandId, orderId, now }, 'customer_request'));
  }
  if (token === 'tok_3ds' && random.chance(0.75)) {
    const result = random.chance(0.75) ? 'authenticated' : 'failed';
    say(placedAt + random.between(100, 25_000), (commandId, now) => authenticateCommand({ commandId, orderId, now }, result));
  }
  const again = story.filter(() => random.chance(0.25)).map((arrival) => ({ ...arrival, at: arrival.at + random.between(0, random.pick([5, 2_000, 20_000])) }));
  return [...story, ...again];
}

async function placed(orderId: string, index: number, token: string, now: number, random: Random, keys: KeyPort): Promise<OrderCommand> {
  const customerId = `C-${1_000 + index}`;
  const passengerIds = ['P1', 'P2'].slice(0, random.chance(0.25) ? 2 : 1);
  const body = OrderBody.parse({
    channel: 'web', currency: 'USD',
    customer: { customerId, email: `${customerId}@example.com`, phone: '+442071838750', locale: 'en-GB' },
    passengers: passengerIds.map((passengerId, at) => ({ passengerId, type: 'ADT', givenName: 'Ada', familyName: `Byron${'ab'[at]}`, dateOfBirth: '1985-12-10' })),
    items: TRIPS[random.weighted(TRIP_WEIGHTS)].map(([flightNumber, departureDate]) => ({ type: 'flight', flightNumber, departureDate, bookingClass: 'Y', passengerIds })),
    payment: { method: 'card', token },
  });
  return placeCommand(body, { orderId, now, key: await keys.keyFor(customerId), pepper: PEPPER });
}

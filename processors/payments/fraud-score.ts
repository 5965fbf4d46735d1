import type { Flight } from '../../connectors/ports/catalogue.ts';
import type { Order } from '../../schemas/types.ts';
import { homeCurrencyOf, roughUsdCents } from './home-currency.ts';
import { type VelocityCount, velocityPoints } from './velocity.ts';

const HOUR_MS = 3_600_000;

/** What the score is made of. */
export interface Evidence {
  order: Order;
  /** The order's flights, in the order of departure. */
  flights: readonly Flight[];
  velocity: readonly VelocityCount[];
  /** ms, UTC */
  at: number;
}

/** One part of the score, in thousandths. */
export interface Feature {
  name: string;
  summary: string;
  most: number;
  points(evidence: Evidence): number;
}

/**
 * THE weights, apart from velocity's own (velocity.ts, 330 in all). They are set so that no single trait, and no crowd
 * of orders by one customer, reaches the default threshold of 800: only an order above 10,000 USD that leaves within 3
 * hours can, and then only together with high velocity. Instruments known to be bad are blocked by the list, not by the
 * score.
 */
export const FEATURES: readonly Feature[] = [
  {
    name: 'amount',
    summary: 'above 2,000 / 5,000 / 10,000 USD or its like: 60 / 120 / 200',
    most: 200,
    points: ({ order }) =>
      tier(roughUsdCents(order.total), [
        [1_000_000, 200],
        [500_000, 120],
        [200_000, 60],
      ]),
  },
  {
    name: 'lead_time',
    summary: 'leaves within 72 / 24 / 3 hours: 30 / 80 / 150',
    most: 150,
    points: ({ flights, at }) => leadTimePoints(flights, at),
  },
  {
    name: 'currency_mismatch',
    summary: 'pays in another currency than that of the region in the locale',
    most: 80,
    points: ({ order }) => (pricedAbroad(order) ? 80 : 0),
  },
  {
    name: 'group',
    summary: '6 passengers or more',
    most: 50,
    points: ({ order }) => (order.passengers.length >= 6 ? 50 : 0),
  },
  {
    name: 'turnaround',
    summary: 'flies back within 6 hours of arriving',
    most: 30,
    points: ({ flights }) => (flights.some((flight, index) => turnsRound(flight, flights[index + 1])) ? 30 : 0),
  },
  {
    name: 'one_way',
    summary: 'does not come back to where it began',
    most: 20,
    points: ({ flights }) => (flights.length > 0 && flights[0]?.origin !== flights.at(-1)?.destination ? 20 : 0),
  },
];

export interface Assessment {
  /** 0 to 1. */
  score: number;
  /** `<feature>: <contribution>`, the largest first. */
  reasons: string[];
}

export const INSTRUMENT_BLOCKED: Assessment = { score: 1, reasons: ['instrument_blocked: 1.000'] };

/** Adds up what each feature and each velocity dimension contributes. */
export function assess(evidence: Evidence): Assessment {
  const contributions = [
    ...FEATURES.map((feature) => ({ name: feature.name, points: feature.points(evidence) })),
    ...evidence.velocity.map((count) => ({ name: `velocity_${count.dimension.name}`, points: velocityPoints(count) })),
  ]
    .filter(({ points }) => points > 0)
    .sort((one, other) => other.points - one.points);
  const total = contributions.reduce((sum, { points }) => sum + points, 0);
  return {
    score: Math.min(total, 1000) / 1000,
    reasons: contributions.map(({ name, points }) => `${name}: ${(points / 1000).toFixed(3)}`),
  };
}

/** Points of the first limit the value reaches. */
function tier(value: number, tiers: readonly [limit: number, points: number][]): number {
  return tiers.find(([limit]) => value >= limit)?.[1] ?? 0;
}

function leadTimePoints(flights: readonly Flight[], at: number): number {
  const first = flights[0];
  if (!first) return 0;
  const lead = first.departureTime - at;
  if (lead < 3 * HOUR_MS) return 150;
  if (lead < 24 * HOUR_MS) return 80;
  return lead < 72 * HOUR_MS ? 30 : 0;
}

function pricedAbroad({ customer, currency }: Order): boolean {
  const home = homeCurrencyOf(customer.locale);
  return home !== null && home !== currency;
}

function turnsRound(out: Flight, back: Flight | undefined): boolean {
  return (
    back !== undefined &&
    back.origin === out.destination &&
    back.destination === out.origin &&
    back.departureTime - out.arrivalTime < 6 * HOUR_MS
  );
}

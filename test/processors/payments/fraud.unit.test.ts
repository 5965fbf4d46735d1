import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VelocityPort } from '../../../connectors/ports/velocity.ts';
import { assess, FEATURES } from '../../../processors/payments/fraud-score.ts';
import { homeCurrencyOf, roughUsdCents } from '../../../processors/payments/home-currency.ts';
import { scoreFraud } from '../../../processors/payments/score-fraud.ts';
import { countVelocity, DIMENSIONS, velocityPoints } from '../../../processors/payments/velocity.ts';
import type { Order } from '../../../schemas/types.ts';
import {
  context,
  event,
  flight,
  flightItem,
  frozen,
  HOUR_MS,
  NOW,
  order,
  passenger,
  priced,
  settings,
} from '../given.ts';

/** Velocity port that has seen `count` orders under every key, and writes down what it is asked. */
function busy(count: number) {
  const asked: { keys: readonly string[]; at: number; windowMs: number }[] = [];
  const velocity: VelocityPort = {
    record: async (_orderId, keys, at, windowMs) => {
      asked.push({ keys, at, windowMs });
      return keys.map(() => count);
    },
  };
  return { velocity, asked };
}

const score = async (of: Order, count = 1, changes = {}) => {
  const drafts = await scoreFraud(
    event('OrderValidated', frozen(of)),
    context({ velocity: busy(count).velocity }, changes),
  );
  return drafts[0]!;
};

test('an ordinary order passes without a reason', async () => {
  const draft = await score(priced({ items: [flightItem('IA101', '2026-12-24'), flightItem('IA102', '2026-12-30')] }));
  expect(draft.type).toBe('OrderScored');
  expect(draft.order.fraud).toEqual({
    score: 0,
    band: 'pass',
    reasons: [],
    velocityKeys: expect.any(Array),
    scoredAt: NOW,
  });
  expect(draft.order.closure).toBeNull();
});

test('hundreds of ordinary orders an hour by one customer, token, address and device are not declined', async () => {
  const draft = await score(priced({ deviceHash: 'd'.repeat(32) }), 900);
  expect(draft.type).toBe('OrderScored');
  expect(draft.order.fraud?.score).toBe(0.35);
});

test.each(['tok_fraud', 'tok_fraud_77'])('%s is blocked', async (token) => {
  const draft = await score(priced({ payment: { ...order().payment, token } }));
  expect(draft.type).toBe('OrderCancelled');
  expect(draft.order.fraud).toMatchObject({ score: 1, band: 'decline', reasons: ['instrument_blocked: 1.000'] });
  expect(draft.order.closure).toEqual({ reason: 'fraud_declined', detail: 'instrument_blocked: 1.000' });
});

test('bands follow the thresholds of the settings, the limit itself included', async () => {
  const bandAt = async (fraudReviewThreshold: number, fraudThreshold: number) =>
    (await score(priced({ deviceHash: 'd' }), 900, { settings: { ...settings, fraudReviewThreshold, fraudThreshold } }))
      .order.fraud?.band;
  expect(await bandAt(0.36, 0.8)).toBe('pass');
  expect(await bandAt(0.35, 0.8)).toBe('review');
  expect(await bandAt(0.3, 0.36)).toBe('review');
  expect(await bandAt(0.3, 0.35)).toBe('decline');
});

test('counts by hash, once for each window, at the time of the event', async () => {
  const { velocity, asked } = busy(1);
  const of = priced({ deviceHash: 'd'.repeat(32) });
  const draft = await scoreFraud(event('OrderValidated', of), context({ velocity }, { now: NOW + 5_000 }));
  expect(asked.map(({ at, windowMs, keys }) => [at, windowMs, keys.map((key) => key.split(':')[0])])).toEqual([
    [NOW, HOUR_MS, ['customer', 'token', 'email', 'device']],
    [NOW, 24 * HOUR_MS, ['token-day']],
  ]);
  const keys = draft[0]!.order.fraud!.velocityKeys;
  expect(keys).toHaveLength(5);
  for (const key of keys) expect(key).toMatch(/^[a-z-]+:[0-9a-f]{32}$/);
  expect(JSON.stringify(asked)).not.toMatch(/tok_visa|C-1001/);
});

test('an order without address or device is counted by the rest', async () => {
  const counts = await countVelocity(
    order({ customer: { ...order().customer, emailHash: null } }),
    busy(1).velocity,
    NOW,
  );
  expect(counts.map(({ dimension }) => dimension.name)).toEqual(['customer', 'token', 'token-day']);
});

test('velocity says nothing up to what is allowed, then grows to its most', () => {
  const [customer] = DIMENSIONS;
  const points = (count: number) => velocityPoints({ dimension: customer!, key: '', count });
  expect([1, 10, 11, 12, 26, 1_000].map(points)).toEqual([0, 0, 5, 10, 80, 80]);
});

const evidence = (
  of: Order,
  flights = [flight('IA1', 'LHR', 'JFK', NOW + 500 * HOUR_MS), flight('IA2', 'JFK', 'LHR', NOW + 600 * HOUR_MS)],
) => ({ order: of, flights, velocity: [], at: NOW });

test.each([
  ['amount: 0.060', priced({ total: { amount: 200_000, currency: 'USD' } })],
  ['amount: 0.120', priced({ total: { amount: 500_000, currency: 'USD' } })],
  ['amount: 0.200', priced({ total: { amount: 1_600_000, currency: 'JPY' } })],
  ['currency_mismatch: 0.080', priced({ customer: { ...order().customer, locale: 'ja-JP' } })],
  ['group: 0.050', priced({ passengers: Array.from({ length: 6 }, (_, n) => passenger(`P${n}`)) })],
])('%s', (reason, of) => {
  expect(assess(evidence(of)).reasons).toEqual([reason]);
});

test.each([
  [2.9, 150],
  [3, 80],
  [23.9, 80],
  [24, 30],
  [71.9, 30],
  [72, 0],
])('leaves in %d hours: %i', (hours, points) => {
  const found = assess(
    evidence(priced(), [
      flight('IA1', 'LHR', 'JFK', NOW + hours * HOUR_MS),
      flight('IA2', 'JFK', 'LHR', NOW + 600 * HOUR_MS),
    ]),
  );
  expect(found.score).toBe(points / 1000);
});

test('one way, and straight back', () => {
  const out = flight('IA1', 'LHR', 'JFK', NOW + 500 * HOUR_MS);
  expect(assess(evidence(priced(), [out])).reasons).toEqual(['one_way: 0.020']);
  const back = flight('IA2', 'JFK', 'LHR', out.arrivalTime + 5 * HOUR_MS);
  expect(assess(evidence(priced(), [out, back])).reasons).toEqual(['turnaround: 0.030']);
  const later = flight('IA2', 'JFK', 'LHR', out.arrivalTime + 6 * HOUR_MS);
  expect(assess(evidence(priced(), [out, later])).reasons).toEqual([]);
});

test('reasons are sorted and add up to the score', () => {
  const velocity = DIMENSIONS.map((dimension) => ({ dimension, key: '', count: 1_000 }));
  const found = assess({
    ...evidence(priced({ total: { amount: 900_000, currency: 'USD' } }), [
      flight('IA1', 'LHR', 'JFK', NOW + 2 * HOUR_MS),
    ]),
    velocity,
  });
  const parts = found.reasons.map((reason) => Number(reason.split(': ')[1]));
  expect(parts).toEqual([...parts].sort((one, other) => other - one));
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(found.score, 9);
});

/** Any order and itinerary with every velocity counter at its most. */
const saturated = fc
  .record({
    amount: fc.integer({ min: 0, max: 5_000_000 }),
    leadHours: fc.integer({ min: 1, max: 1_000 }),
    passengers: fc.integer({ min: 1, max: 9 }),
    locale: fc.constantFrom('en-US', 'ja-JP', 'x'),
    backAfterHours: fc.integer({ min: 1, max: 100 }),
    oneWay: fc.boolean(),
  })
  .map(({ amount, leadHours, passengers, locale, backAfterHours, oneWay }) => {
    const out = flight('IA1', 'LHR', 'JFK', NOW + leadHours * HOUR_MS);
    const back = flight(
      'IA2',
      oneWay ? 'BOS' : 'JFK',
      oneWay ? 'CDG' : 'LHR',
      out.arrivalTime + backAfterHours * HOUR_MS,
    );
    const people = Array.from({ length: passengers }, (_, n) => ({
      passengerId: `P${n}`,
      type: 'ADT' as const,
      identity: '',
    }));
    const of = {
      ...base,
      total: { amount, currency: 'USD' },
      passengers: people,
      customer: { ...base.customer, locale },
    };
    return {
      amount,
      leadHours,
      evidence: {
        order: of,
        flights: [out, back],
        at: NOW,
        velocity: DIMENSIONS.map((dimension) => ({ dimension, key: '', count: 10_000 })),
      },
    };
  });
const base = priced();

test('the score alone declines only large orders that leave within 3 hours', () => {
  fc.assert(
    fc.property(saturated, ({ amount, leadHours, evidence: found }) => {
      const { score: value } = assess(found);
      expect(value).toBeLessThanOrEqual(1);
      if (amount < 1_000_000 || leadHours >= 3) expect(value).toBeLessThan(0.8);
    }),
    { numRuns: 2_000, seed: 5 },
  );
});

test('such an order is declined', async () => {
  const soon = flight('IA1', 'LHR', 'JFK', NOW + 2 * HOUR_MS);
  const velocity = DIMENSIONS.map((dimension) => ({ dimension, key: '', count: 100 }));
  const of = priced({
    currency: 'EUR',
    total: { amount: 2_000_000, currency: 'EUR' },
    passengers: Array.from({ length: 6 }, (_, n) => passenger(`P${n}`)),
  });
  expect(assess({ order: of, flights: [soon], velocity, at: NOW }).score).toBeGreaterThanOrEqual(0.8);
});

test('the weights are as documented', () => {
  expect(DIMENSIONS.reduce((sum, { most }) => sum + most, 0)).toBe(330);
  expect(Object.fromEntries(FEATURES.map(({ name, most }) => [name, most]))).toEqual({
    amount: 200,
    lead_time: 150,
    currency_mismatch: 80,
    group: 50,
    turnaround: 30,
    one_way: 20,
  });
});

test.each([
  ['en-GB', 'GBP'],
  ['de_AT', 'EUR'],
  ['zh-Hans-CN', 'CNY'],
  ['en', null],
  ['', null],
  ['en-XX', null],
  ['GB', null],
  ['xx-constructor', null],
])('locale %j: %s', (locale, currency) => {
  expect(homeCurrencyOf(locale)).toBe(currency);
});

test('rough dollars', () => {
  expect(roughUsdCents({ amount: 15_000, currency: 'JPY' })).toBeCloseTo(10_050);
  expect(roughUsdCents({ amount: 100, currency: 'XTS' })).toBe(100);
  expect(roughUsdCents(null)).toBe(0);
});

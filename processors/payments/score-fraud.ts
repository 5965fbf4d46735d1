import type { CataloguePort, Flight } from '../../connectors/ports/catalogue.ts';
import type { FraudAssessment, Order, OrderEvent } from '../../schemas/types.ts';
import { bookedFlights } from '../orders/itinerary.ts';
import { type Context, type Draft, emit } from '../processor.ts';
import type { Settings } from '../settings.ts';
import { type Assessment, assess, INSTRUMENT_BLOCKED } from './fraud-score.ts';
import { countVelocity } from './velocity.ts';

/** Scores the risk of the order, with reasons; declines it at the threshold, marks it for review below. */
export async function scoreFraud(
  event: OrderEvent<'OrderValidated'>,
  { velocity, catalogue, settings }: Context,
): Promise<readonly Draft<'OrderScored' | 'OrderCancelled'>[]> {
  const { order, occurredAt: at } = event;
  const counts = await countVelocity(order, velocity, at);
  const assessment = isBlocked(order.payment.token, settings)
    ? INSTRUMENT_BLOCKED
    : assess({ order, flights: flightsOf(order, catalogue), velocity: counts, at });
  const band = bandOf(assessment, settings);
  const fraud: FraudAssessment = { ...assessment, band, velocityKeys: counts.map(({ key }) => key), scoredAt: at };
  if (band !== 'decline') return emit('OrderScored', { ...order, fraud });
  return emit('OrderCancelled', {
    ...order,
    fraud,
    closure: { reason: 'fraud_declined', detail: assessment.reasons.join(', ') },
  });
}

/** Blocked tokens match by prefix: `tok_fraud` also blocks `tok_fraud_2`. */
const isBlocked = (token: string, settings: Settings): boolean =>
  settings.blockedTokens.some((blocked) => token.startsWith(blocked));

function bandOf({ score }: Assessment, { fraudThreshold, fraudReviewThreshold }: Settings): FraudAssessment['band'] {
  if (score >= fraudThreshold) return 'decline';
  return score >= fraudReviewThreshold ? 'review' : 'pass';
}

function flightsOf(order: Order, catalogue: CataloguePort): Flight[] {
  return bookedFlights(order)
    .flatMap(({ flightNumber, departureDate }) => catalogue.flight(flightNumber, departureDate) ?? [])
    .sort((one, other) => one.departureTime - other.departureTime);
}

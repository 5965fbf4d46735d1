import { expect, test } from 'vitest';
import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { validate } from '../../processors/orders/validate.ts';
import { scoreFraud } from '../../processors/payments/score-fraud.ts';
import { seal } from '../../schemas/seal.ts';
import type { Order } from '../../schemas/types.ts';
import { generateOrders } from '../../topology/demo/generator.ts';
import type { OrderRequest } from '../../topology/demo/order-request.ts';
import { openMemoryVelocity } from '../driver/memory-velocity.ts';
import { context, dataKey, event, order, settings } from './given.ts';

const TODAY = Date.UTC(2026, 5, 1, 6);
const catalogue = demoAirline({ currencies: settings.currencies, now: () => TODAY });

/** The request as the ingress would make an order of it; `customerId` in place of its own, where given. */
function placed(body: OrderRequest, orderId: string, customerId = body.customer.customerId): Order {
  const { email, phone, locale } = body.customer;
  return order({
    orderId,
    channel: body.channel,
    placedAt: TODAY,
    currency: body.currency,
    expectedTotal: body.expectedTotal ?? null,
    customer: {
      customerId,
      contact: seal({ email, phone }, dataKey, `${customerId}|contact`),
      emailHash: email,
      locale,
    },
    passengers: body.passengers.map(({ passengerId, type, ...identity }) => ({
      passengerId,
      type,
      identity: seal(identity, dataKey, `${customerId}|identity`),
    })),
    items: body.items.map((item, index) => ({
      itemId: `I${index}`,
      flightNumber: null,
      departureDate: null,
      bookingClass: null,
      code: null,
      amount: null,
      ...item,
    })),
    payment: { ...order().payment, ...body.payment },
  });
}

function* requests(count: number): Generator<OrderRequest> {
  const generated = generateOrders({ seed: 1, catalogue, today: new Date(TODAY) });
  for (let n = 0; n < count; n += 1) yield generated.next().value!.body;
}

test('realistic orders are valid and priced as they expect, and none is declined though one customer places them all', async () => {
  const velocity = openMemoryVelocity();
  const within = context({ catalogue, velocity }, { now: TODAY });
  const scores: number[] = [];
  let number = 0;
  for (const body of requests(400)) {
    number += 1;
    const same = {
      ...body,
      payment: { method: 'card', token: 'tok_visa' },
      customer: { ...body.customer, email: 'ada@example.com' },
    };
    const [validated] = await validate(event('OrderReceived', placed(same, `O-${number}`, 'C-1')), within);
    expect(validated?.order.faults, JSON.stringify(body.items)).toEqual([]);
    const [scored] = await scoreFraud(
      { ...event('OrderValidated', validated!.order), occurredAt: TODAY + number },
      within,
    );
    expect(scored?.type, scored?.order.closure?.detail).toBe('OrderScored');
    scores.push(scored!.order.fraud!.score);
  }
  expect(Math.max(...scores)).toBeGreaterThan(0.25);
});

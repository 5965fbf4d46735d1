import { createHash, randomUUID } from 'node:crypto';
import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { placeCommand } from '../../ingress/channels/place-order.ts';
import { OrderBody } from '../../ingress/order-body.ts';
import { authorizedSeats } from '../../processors/inventory/seats.ts';
import type { Codec } from '../../schemas/codec.ts';
import type { Order } from '../../schemas/types.ts';
import { generateOrders } from '../../topology/demo/generator.ts';
import { type Kafka, idempotentProducer } from '../../topology/runtime/kafka.ts';
import { CHANGELOG_TOPIC } from '../../topology/topics.ts';
import { memoryKeys } from '../driver/memory-keys.ts';

const ORDERS_PER_BATCH = 3_000;
const HOLD_MS = 900_000;

/** One seat after the other, flight by flight and class by class, none of them twice and none beyond what may be sold. */
function* seats(overbookingFactor: number): Generator<{ flightNumber: string; departureDate: string; bookingClass: string }> {
  const airline = demoAirline();
  for (let day = 1; day <= 60; day += 1) {
    const date = new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 10);
    for (const { flightNumber, departureDate, classes } of airline.flightsOn(date)) {
      for (const { bookingClass, capacity } of classes) {
        for (let seat = 0; seat < authorizedSeats(capacity, overbookingFactor); seat += 1) yield { flightNumber, departureDate, bookingClass };
      }
    }
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Changelog records of orders that hold a seat each, every one of a customer of its own, as the hold node leaves them. */
export async function liveHolds(codec: Codec): Promise<Generator<{ key: string; value: Buffer }, never>> {
  const template = await templateOrder();
  return (function* () {
    const seat = seats(1.05);
    for (let at = 0; ; at += 1) yield recordOf(template, seat, codec, at);
  })();
}

/** Writes so many of them to Kafka. */
export async function preloadLiveHolds(kafka: Kafka, codec: Codec, orders: number): Promise<void> {
  const records = await liveHolds(codec);
  const producer = idempotentProducer(kafka, { retries: 8, initialRetryTime: 20 });
  await producer.connect();
  for (let done = 0; done < orders; done += ORDERS_PER_BATCH) {
    const messages = Array.from({ length: Math.min(ORDERS_PER_BATCH, orders - done) }, () => records.next().value);
    await producer.sendBatch({ acks: -1, topicMessages: [{ topic: CHANGELOG_TOPIC, messages }] });
  }
  await producer.disconnect();
}

function recordOf(template: Order, seat: Iterator<{ flightNumber: string; departureDate: string; bookingClass: string }>, codec: Codec, at: number) {
  const orderId = randomUUID();
  const now = Date.now();
  const { value, done } = seat.next();
  if (done) throw new Error('there are not so many seats');
  const [item] = template.items;
  const customer = hashOf(`customer ${at}`);
  const token = hashOf(template.payment.token);
  const order: Order = {
    ...template, orderId, placedAt: now,
    customer: { ...template.customer, customerId: `C-${at}`, emailHash: customer },
    passengers: template.passengers.slice(0, 1),
    items: [{ ...item, ...value, type: 'flight', itemId: 'I1', code: null, passengerIds: ['P1'], amount: 19_900 } as Order['items'][number]],
    total: { amount: 19_900, currency: 'USD' } as never,
    fraud: { score: 0.1, band: 'pass', reasons: [], velocityKeys: [`customer:${customer}`, `token:${token}`, `token-day:${token}`, `email:${customer}`], scoredAt: now } as Order['fraud'],
    hold: { state: 'held', expiresAt: now + HOLD_MS },
  };
  const event = { type: 'InventoryHeld', eventId: randomUUID(), orderId, version: 4, status: 'InventoryHold', occurredAt: now, causationId: randomUUID(), order } as const;
  return { key: `${orderId}#0`, value: codec.encode('InventoryHeld', event) };
}

async function templateOrder(): Promise<Order> {
  const { body } = generateOrders({ seed: 5, catalogue: demoAirline(), today: new Date(), cancelPercent: 0 }).next().value;
  const key = await memoryKeys().keyFor('C-1');
  const { place } = placeCommand(OrderBody.parse(body), { orderId: randomUUID(), now: Date.now(), key, pepper: 'a pepper for tests only' });
  return place as Order;
}

import type { CataloguePort } from '../../connectors/ports/catalogue.ts';
import type { AnalyticsRow, LogPosition } from '../../connectors/ports/sink-rows.ts';
import type { AnyOrderEvent, Order, OrderItem } from '../../schemas/types.ts';

/** One event as analysts see it. Nothing personal but the customer's id goes in. */
export function analyticsRow(event: AnyOrderEvent, position: LogPosition, catalogue: Pick<CataloguePort, 'flight'>): AnalyticsRow {
  const { order } = event;
  return {
    event_id: event.eventId,
    order_id: event.orderId,
    version: event.version,
    type: event.type,
    status: event.status,
    channel: order.channel,
    customer_id: order.customer.customerId,
    currency: order.currency,
    total_minor: order.total?.amount ?? null,
    placed_at: order.placedAt,
    occurred_at: event.occurredAt,
    latency_ms: event.occurredAt - order.placedAt,
    ...travel(order, catalogue),
    ...payment(order),
    ...risk(order),
    hold_state: order.hold?.state ?? '',
    tickets: order.tickets.length,
    closure_reason: order.closure?.reason ?? '',
    topic: position.topic,
    partition: position.partition,
    record_offset: position.offset,
  };
}

type Columns<Name extends keyof AnalyticsRow> = Pick<AnalyticsRow, Name>;

function travel(
  order: Order,
  catalogue: Pick<CataloguePort, 'flight'>,
): Columns<'origin' | 'destination' | 'flight_number' | 'departure_date' | 'flights' | 'ancillaries' | 'passengers'> {
  const flights = order.items.filter((item) => item.type === 'flight');
  const first = flights[0];
  return {
    ...route(first, catalogue),
    flight_number: first?.flightNumber ?? '',
    departure_date: isoDate(first?.departureDate),
    flights: flights.length,
    ancillaries: order.items.length - flights.length,
    passengers: order.passengers.length,
  };
}

function route(item: OrderItem | undefined, catalogue: Pick<CataloguePort, 'flight'>): Columns<'origin' | 'destination'> {
  const flight = item?.flightNumber && item.departureDate ? catalogue.flight(item.flightNumber, item.departureDate) : undefined;
  return { origin: flight?.origin ?? '', destination: flight?.destination ?? '' };
}

/** An order can be refused for the very reason that its date is none. */
const isoDate = (text: string | null | undefined): string | null =>
  text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;

function payment({ payment }: Order): Columns<'payment_method' | 'payment_status' | 'payment_processor' | 'decline_code'> {
  return {
    payment_method: payment.method,
    payment_status: payment.status,
    payment_processor: payment.processor ?? '',
    decline_code: payment.declineCode ?? '',
  };
}

const risk = ({ fraud }: Order): Columns<'fraud_score' | 'fraud_band'> => ({
  fraud_score: fraud?.score ?? null,
  fraud_band: fraud?.band ?? '',
});

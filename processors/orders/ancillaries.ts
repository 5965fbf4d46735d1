import type { CataloguePort } from '../../connectors/ports/catalogue.ts';
import type { Fault, Order, OrderItem } from '../../schemas/types.ts';
import { fault } from './faults.ts';
import { type BookedFlight, bookedFlights } from './itinerary.ts';

/**
 * Faults of the ancillary items: known, for a flight of the order and the passengers on it, and not twice for one of
 * them.
 */
export function checkAncillaries(order: Order, catalogue: CataloguePort): Fault[] {
  const flights = bookedFlights(order);
  const seen = new Set<string>();
  return order.items.flatMap((item, index) => {
    if (item.type !== 'ancillary') return [];
    const at = `/items/${index}`;
    return [...checkCode(item, at, catalogue), ...checkFlightOf(item, at, flights), ...checkRepeat(item, at, seen)];
  });
}

function checkCode(item: OrderItem, at: string, catalogue: CataloguePort): Fault[] {
  if (item.code === null) return [fault('missing_field', `${at}/code`)];
  return catalogue.ancillary(item.code) ? [] : [fault('unknown_ancillary', `${at}/code`)];
}

/** An ancillary that names neither flight nor date belongs to the whole trip. */
function checkFlightOf(item: OrderItem, at: string, flights: readonly BookedFlight[]): Fault[] {
  const meant = flights.filter(
    (flight) =>
      (item.flightNumber === null || flight.flightNumber === item.flightNumber) &&
      (item.departureDate === null || flight.departureDate === item.departureDate),
  );
  const named = item.flightNumber !== null || item.departureDate !== null;
  if (meant.length === 0) return named ? [fault('ancillary_without_flight', at)] : [];
  return item.passengerIds.flatMap((id, index) =>
    meant.some((flight) => flight.passengerIds.has(id))
      ? []
      : [fault('ancillary_passenger_not_on_flight', `${at}/passengerIds/${index}`)],
  );
}

function checkRepeat(item: OrderItem, at: string, seen: Set<string>): Fault[] {
  const keys = [...new Set(item.passengerIds)].map((id) =>
    JSON.stringify([item.code, item.flightNumber, item.departureDate, id]),
  );
  const again = keys.some((key) => seen.has(key));
  for (const key of keys) seen.add(key);
  return again ? [fault('duplicate_item', at)] : [];
}

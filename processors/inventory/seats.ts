import type { CataloguePort } from '../../connectors/ports/catalogue.ts';
import type { SeatRequest } from '../../connectors/ports/inventory.ts';
import type { Order, OrderItem } from '../../schemas/types.ts';
import type { Settings } from '../settings.ts';

/** Seats that may be sold in a class of the given capacity. */
export function authorizedSeats(capacity: number, overbookingFactor: number): number {
  // Factors such as 1.1 have no exact binary form: 110.00000000000001 is 110, and so is 109.99999999999999.
  return Math.floor(Number((capacity * overbookingFactor).toFixed(6)));
}

/**
 * The order's seats: one for each passenger of each flight item, infants excepted, who sit on a lap. One request for
 * each flight, date and class, in that order. A class the catalogue does not know has no seat to sell.
 */
export function seatsOf(order: Order, catalogue: CataloguePort, settings: Settings): SeatRequest[] {
  const infants = new Set(order.passengers.filter(({ type }) => type === 'INF').map(({ passengerId }) => passengerId));
  const requests = new Map<string, SeatRequest>();
  for (const item of order.items) {
    const request = requestOf(item, infants, catalogue, settings);
    if (!request) continue;
    const key = keyOf(request);
    requests.set(key, { ...request, seats: request.seats + (requests.get(key)?.seats ?? 0) });
  }
  return [...requests.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, request]) => request);
}

function requestOf(
  item: OrderItem,
  infants: ReadonlySet<string>,
  catalogue: CataloguePort,
  settings: Settings,
): SeatRequest | null {
  const { flightNumber, departureDate, bookingClass } = item;
  const seats = item.passengerIds.filter((id) => !infants.has(id)).length;
  if (item.type !== 'flight' || flightNumber === null || departureDate === null || bookingClass === null || seats === 0)
    return null;
  const sold = catalogue.flight(flightNumber, departureDate)?.classes.find((one) => one.bookingClass === bookingClass);
  const authorized = authorizedSeats(sold?.capacity ?? 0, settings.overbookingFactor);
  return { flightNumber, departureDate, bookingClass, seats, authorized };
}

const keyOf = ({ flightNumber, departureDate, bookingClass }: SeatRequest): string =>
  `${flightNumber}|${departureDate}|${bookingClass}`;

import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { FlightClassCount, HoldOutcome, InventoryPort } from '../ports/inventory.ts';
import { openInventoryClient } from './client.ts';
import { keptUntil } from './flight-key.ts';
import { type FlightSeats, flightSeatsOf, seatsText } from './flight-seats.ts';

/**
 * Inventory on Redis: one atomic script a flight-date, flights taken in one fixed order, earlier ones given back where a later one
 * fails. Counters always equal the sum of the entries of orders. `epoch` answers what Redis is known to hold; while it holds
 * another, every call throws TransientFault STATELOST.
 */
export function openRedisInventory({
  redis,
  epoch,
}: {
  redis: Redis;
  epoch: () => Promise<string | null>;
}): InventoryPort {
  const client = openInventoryClient(redis, epoch);

  async function releaseAll(orderId: string, flights: readonly FlightSeats[]): Promise<void> {
    for (const flight of flights) await client.run('release', flight, orderId, keptUntil(flight));
  }

  return {
    async hold(orderId, seats, expiresAt) {
      const flights = flightSeatsOf(seats);
      const token = randomBytes(6).toString('hex');
      let expires = expiresAt;
      for (const [at, flight] of flights.entries()) {
        const classes = flight.classes.flatMap(({ bookingClass, seats: count, authorized }) => [
          bookingClass,
          count,
          authorized,
        ]);
        const reply = await client.run(
          'hold',
          flight,
          orderId,
          expires,
          token,
          keptUntil(flight),
          seatsText(flight.classes),
          ...classes,
        );
        const outcome = holdOutcome(flight, reply as string[]);
        if (outcome.kind !== 'held') {
          for (const earlier of flights.slice(0, at).reverse()) await client.run('undo', earlier, orderId, token);
          return outcome;
        }
        expires = outcome.expiresAt;
      }
      return { kind: 'held', expiresAt: expires };
    },

    async confirm(orderId, seats, now) {
      const flights = flightSeatsOf(seats);
      for (const flight of flights) {
        if ((await client.run('confirm', flight, orderId, now, keptUntil(flight))) === 'confirmed') continue;
        await releaseAll(orderId, flights);
        return { kind: 'lost' };
      }
      return { kind: 'confirmed' };
    },

    release: (orderId, seats) => releaseAll(orderId, flightSeatsOf(seats)),

    changes: (since) => client.changes(since),

    counts: async (flights) => (await client.counters(flights)).map(countsByClass),
  };
}

/** hold.lua answers held and expiry, unavailable with class and free seats, or released. */
function holdOutcome({ flightNumber, departureDate }: FlightSeats, [kind, first, second]: string[]): HoldOutcome {
  if (kind === 'held') return { kind, expiresAt: Number(first) };
  if (kind === 'released') return { kind };
  return { kind: 'unavailable', flightNumber, departureDate, bookingClass: String(first), available: Number(second) };
}

function countsByClass(counters: Record<string, string>): Record<string, FlightClassCount> {
  const counts: Record<string, FlightClassCount> = {};
  for (const [field, value] of Object.entries(counters)) {
    const [counter, bookingClass] = field.split(':');
    if (!bookingClass || value === '0') continue;
    const count = (counts[bookingClass] ??= { held: 0, sold: 0 });
    count[counter === 's' ? 'sold' : 'held'] = Number(value);
  }
  return counts;
}

import { countersKey } from '../../connectors/redis-inventory/flight-key.ts';
import { type Entry, type FlightSeats, flightSeatsOf } from '../../connectors/redis-inventory/flight-seats.ts';
import type { FlightClassCount, InventoryPort } from '../../connectors/ports/inventory.ts';

export interface MemoryInventory extends InventoryPort {
  /** Entries by order of every flight-date, named `{inv:<flight>:<date>}`. */
  entries(): Record<string, Record<string, Entry>>;
}

/** InventoryPort in this process's memory: counts are summed from the entries each time. */
export function openMemoryInventory(): MemoryInventory {
  const flights = new Map<string, Map<string, Entry>>();
  /** Flights in the order of their changes. */
  const changed: FlightSeats[] = [];

  function entriesOf(flight: { flightNumber: string; departureDate: string }): Map<string, Entry> {
    const key = countersKey(flight);
    const entries = flights.get(key) ?? new Map<string, Entry>();
    flights.set(key, entries);
    return entries;
  }

  function put(flight: FlightSeats, orderId: string, entry: Entry): void {
    entriesOf(flight).set(orderId, entry);
    changed.push(flight);
  }

  function releaseAll(orderId: string, wanted: readonly FlightSeats[]): void {
    for (const flight of wanted) put(flight, orderId, { state: 'released' });
  }

  function shortage(flight: FlightSeats) {
    const counts = countOf(entriesOf(flight));
    for (const { bookingClass, seats, authorized } of flight.classes) {
      const { held, sold } = counts[bookingClass] ?? { held: 0, sold: 0 };
      const available = Math.max(0, authorized - held - sold);
      if (available < seats) return { bookingClass, available };
    }
    return null;
  }

  return {
    async hold(orderId, seats, expiresAt) {
      const wanted = flightSeatsOf(seats);
      let expires = expiresAt;
      const fresh: FlightSeats[] = [];
      for (const flight of wanted) {
        const entry = entriesOf(flight).get(orderId);
        if (entry?.state === 'released') return { kind: 'released' };
        if (entry) {
          expires = entry.expiresAt;
          continue;
        }
        const short = shortage(flight);
        if (short)
          return {
            kind: 'unavailable',
            flightNumber: flight.flightNumber,
            departureDate: flight.departureDate,
            ...short,
          };
        fresh.push(flight);
      }
      for (const flight of fresh) {
        const counts = Object.fromEntries(
          flight.classes.map(({ bookingClass, seats: count }) => [bookingClass, count]),
        );
        put(flight, orderId, { state: 'held', expiresAt: expires, seats: counts });
      }
      return { kind: 'held', expiresAt: expires };
    },

    async confirm(orderId, seats, now) {
      const wanted = flightSeatsOf(seats);
      const entries = wanted.map((flight) => entriesOf(flight).get(orderId));
      const lost = entries.some(
        (entry) => !entry || entry.state === 'released' || (entry.state === 'held' && now > entry.expiresAt),
      );
      if (lost) {
        releaseAll(orderId, wanted);
        return { kind: 'lost' };
      }
      for (const flight of wanted) {
        const entry = entriesOf(flight).get(orderId);
        if (entry?.state === 'held') put(flight, orderId, { ...entry, state: 'sold' });
      }
      return { kind: 'confirmed' };
    },

    release: async (orderId, seats) => releaseAll(orderId, flightSeatsOf(seats)),

    changes: async (since) => {
      const latest = new Map(changed.slice(Number(since ?? 0)).map((flight) => [countersKey(flight), flight]));
      const flightDates = [...latest.values()].map(({ flightNumber, departureDate }) => ({ flightNumber, departureDate }));
      return { cursor: String(changed.length), flights: since === null ? null : flightDates };
    },

    counts: async (asked) => asked.map((flight) => countOf(flights.get(countersKey(flight)) ?? new Map())),

    entries: () => Object.fromEntries([...flights].map(([key, entries]) => [key, Object.fromEntries(entries)])),
  };
}

function countOf(entries: ReadonlyMap<string, Entry>): Record<string, FlightClassCount> {
  const counts: Record<string, FlightClassCount> = {};
  for (const entry of entries.values()) {
    if (entry.state === 'released') continue;
    for (const [bookingClass, seats] of Object.entries(entry.seats)) {
      const count = (counts[bookingClass] ??= { held: 0, sold: 0 });
      count[entry.state] += seats;
    }
  }
  return counts;
}

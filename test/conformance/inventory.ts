import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FlightClassCount, InventoryPort, SeatRequest } from '../../connectors/ports/inventory.ts';
import type { Entry } from '../../connectors/redis-inventory/flight-seats.ts';

export interface OpenedInventory {
  inventory: InventoryPort;
  /** A second client of the same store, as another process would have. */
  another(): InventoryPort;
  /** Entries by order of every flight-date, named `{inv:<flight>:<date>}`. */
  entries(): Promise<Record<string, Record<string, Entry>>>;
  close(): Promise<void>;
}

const DATE = '2099-06-01';
const EXPIRES = 4_000_000_000_000;
const FLIGHTS = ['IA101', 'IA102', 'IA103'].map((flightNumber) => ({ flightNumber, departureDate: DATE }));

const request = (flightNumber: string, seats: number, authorized: number, bookingClass = 'Y'): SeatRequest => ({
  flightNumber,
  departureDate: DATE,
  bookingClass,
  seats,
  authorized,
});

/** What every InventoryPort has to do. `open` gives an empty store. */
export function inventoryConformance(implementation: string, open: () => Promise<OpenedInventory>): void {
  describe(`InventoryPort conformance: ${implementation}`, () => {
    let opened: OpenedInventory;
    let inventory: InventoryPort;

    beforeEach(async () => {
      opened = await open();
      inventory = opened.inventory;
    });
    afterEach(() => opened.close());

    const countsNow = async (): Promise<Readonly<Record<string, FlightClassCount>>[]> => inventory.counts(FLIGHTS);

    it('holds seats until they are sold', async () => {
      const seats = [request('IA101', 2, 10), request('IA102', 1, 10, 'M')];
      expect(await inventory.hold('a', seats, EXPIRES)).toEqual({ kind: 'held', expiresAt: EXPIRES });
      expect(await countsNow()).toEqual([{ Y: { held: 2, sold: 0 } }, { M: { held: 1, sold: 0 } }, {}]);
      expect(await inventory.confirm('a', seats, EXPIRES)).toEqual({ kind: 'confirmed' });
      expect(await countsNow()).toEqual([{ Y: { held: 0, sold: 2 } }, { M: { held: 0, sold: 1 } }, {}]);
    });

    it('answers repeats with the first outcome and takes nothing twice', async () => {
      const seats = [request('IA101', 2, 3)];
      await inventory.hold('a', seats, EXPIRES);
      expect(await inventory.hold('a', seats, EXPIRES + 5)).toEqual({ kind: 'held', expiresAt: EXPIRES });
      await inventory.confirm('a', seats, 1);
      expect(await inventory.confirm('a', seats, EXPIRES + 9)).toEqual({ kind: 'confirmed' });
      expect(await inventory.hold('a', seats, EXPIRES + 5)).toEqual({ kind: 'held', expiresAt: EXPIRES });
      expect(await countsNow()).toEqual([{ Y: { held: 0, sold: 2 } }, {}, {}]);
    });

    it('adds up several requests for the same class of a flight', async () => {
      const seats = [request('IA101', 2, 3), request('IA101', 2, 3)];
      expect(await inventory.hold('a', seats, EXPIRES)).toMatchObject({ kind: 'unavailable', available: 3 });
      expect(await countsNow()).toEqual([{}, {}, {}]);
    });

    it('takes all or nothing, and may succeed later', async () => {
      await inventory.hold('first', [request('IA103', 1, 1)], EXPIRES);
      const seats = [request('IA101', 1, 9), request('IA103', 1, 1), request('IA102', 1, 9)];
      const refused = {
        kind: 'unavailable',
        flightNumber: 'IA103',
        departureDate: DATE,
        bookingClass: 'Y',
        available: 0,
      };
      expect(await inventory.hold('a', seats, EXPIRES)).toEqual(refused);
      expect(await inventory.hold('a', seats, EXPIRES)).toEqual(refused);
      expect(await countsNow()).toEqual([{}, {}, { Y: { held: 1, sold: 0 } }]);
      await inventory.release('first', [request('IA103', 1, 1)]);
      expect(await inventory.hold('a', seats, EXPIRES)).toEqual({ kind: 'held', expiresAt: EXPIRES });
    });

    it('takes no seat of a flight when one of its classes is short', async () => {
      const seats = [request('IA101', 1, 9, 'M'), request('IA101', 2, 1, 'Y')];
      expect(await inventory.hold('a', seats, EXPIRES)).toMatchObject({
        kind: 'unavailable',
        bookingClass: 'Y',
        available: 1,
      });
      expect(await countsNow()).toEqual([{}, {}, {}]);
    });

    it('gives seats back once, held or sold, and refuses the order from then on', async () => {
      const held = [request('IA101', 1, 5)];
      const sold = [request('IA101', 2, 5), request('IA102', 2, 5)];
      await inventory.hold('a', held, EXPIRES);
      await inventory.hold('b', sold, EXPIRES);
      await inventory.confirm('b', sold, 1);
      for (const [order, seats] of [
        ['a', held],
        ['b', sold],
        ['a', held],
        ['b', sold],
      ] as const)
        await inventory.release(order, seats);
      expect(await countsNow()).toEqual([{}, {}, {}]);
      expect(await inventory.hold('a', held, EXPIRES)).toEqual({ kind: 'released' });
      expect(await inventory.confirm('b', sold, 1)).toEqual({ kind: 'lost' });
      expect(await countsNow()).toEqual([{}, {}, {}]);
    });

    it('refuses an order released before it held anything', async () => {
      const seats = [request('IA101', 1, 5), request('IA102', 1, 5)];
      await inventory.release('a', [request('IA102', 1, 5)]);
      expect(await inventory.hold('a', seats, EXPIRES)).toEqual({ kind: 'released' });
      expect(await countsNow()).toEqual([{}, {}, {}]);
    });

    it('loses a lapsed hold, on all its flights', async () => {
      const seats = [request('IA101', 1, 5), request('IA102', 1, 5)];
      await inventory.hold('a', seats, 1_000);
      expect(await inventory.confirm('a', seats, 1_001)).toEqual({ kind: 'lost' });
      expect(await inventory.confirm('a', seats, 1_000)).toEqual({ kind: 'lost' });
      expect(await countsNow()).toEqual([{}, {}, {}]);
    });

    it('keeps the hold of an order in place while others find the flight full, lapsed or not', async () => {
      await inventory.hold('a', [request('IA101', 1, 1)], 1);
      expect(await inventory.hold('b', [request('IA101', 1, 1)], EXPIRES)).toMatchObject({
        kind: 'unavailable',
        available: 0,
      });
    });

    it('never confirms what was not held', async () => {
      expect(await inventory.confirm('ghost', [request('IA101', 1, 5)], 1)).toEqual({ kind: 'lost' });
      expect(await countsNow()).toEqual([{}, {}, {}]);
    });

    it('counts flights in the order asked', async () => {
      await inventory.hold('a', [request('IA103', 3, 5)], EXPIRES);
      expect(await inventory.counts([FLIGHTS[2]!, FLIGHTS[0]!, FLIGHTS[2]!])).toEqual([
        { Y: { held: 3, sold: 0 } },
        {},
        { Y: { held: 3, sold: 0 } },
      ]);
      expect(await inventory.counts([])).toEqual([]);
    });

    it('names the flights that changed since a moment, whoever changed them', async () => {
      const changedSince = async (cursor: string | null): Promise<string[] | null> =>
        (await inventory.changes(cursor)).flights?.map(({ flightNumber }) => flightNumber).sort() ?? null;
      const start = await inventory.changes(null);
      expect(start.flights).toBeNull();
      expect(await changedSince(start.cursor)).toEqual([]);
      await inventory.hold('a', [request('IA101', 1, 5), request('IA102', 1, 5)], EXPIRES);
      const held = await inventory.changes(start.cursor);
      expect(held.flights?.map(({ flightNumber }) => flightNumber).sort()).toEqual(['IA101', 'IA102']);
      expect(held.flights?.every(({ departureDate }) => departureDate === DATE)).toBe(true);
      expect(await changedSince(held.cursor)).toEqual([]);
      await opened.another().hold('b', [request('IA103', 1, 5)], EXPIRES);
      await opened.another().confirm('a', [request('IA101', 1, 5), request('IA102', 1, 5)], 1);
      await inventory.hold('c', [request('IA103', 1, 1)], EXPIRES);
      expect(await changedSince(held.cursor)).toEqual(['IA101', 'IA102', 'IA103']);
      const sold = await inventory.changes(held.cursor);
      await inventory.release('b', [request('IA103', 1, 5)]);
      expect(await changedSince(sold.cursor)).toEqual(['IA103']);
      expect(await changedSince(start.cursor)).toEqual(['IA101', 'IA102', 'IA103']);
    });

    it('sells the last seat of a two-flight journey to one of 200 clients', async () => {
      const clients = Array.from({ length: 8 }, () => opened.another());
      // Half of them ask for the flights the other way round, and a third of them ask twice at once.
      const asks = Array.from({ length: 200 }, async (_, at) => {
        const seats = [request('IA101', 1, 1), request('IA102', 1, 1)];
        if (at % 2) seats.reverse();
        const order = `o${at}`;
        const tries = at % 3 ? 1 : 2;
        const outcomes = await Promise.all(
          Array.from({ length: tries }, (_unused, n) =>
            clients[(at + n) % clients.length]!.hold(order, seats, EXPIRES),
          ),
        );
        if (!outcomes.some(({ kind }) => kind === 'held')) return false;
        return (await clients[at % clients.length]!.confirm(order, seats, 1)).kind === 'confirmed';
      });
      const sold = (await Promise.all(asks)).filter(Boolean);
      expect(sold.length).toBeLessThanOrEqual(1);
      const [one, two] = await countsNow();
      const expected = sold.length ? { Y: { held: 0, sold: 1 } } : {};
      expect([one, two]).toEqual([expected, expected]);
      expect(
        sold.length === 1 ||
          (await inventory.hold('late', [request('IA101', 1, 1), request('IA102', 1, 1)], EXPIRES)).kind === 'held',
      ).toBe(true);
    });

    it('keeps its counters and limits under any interleaving', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 60 }), async (actions) => {
          await opened.close();
          opened = await open();
          inventory = opened.inventory;
          const clients = [inventory, opened.another(), opened.another()];
          await Promise.all(actions.map((one, at) => perform(clients[at % clients.length]!, one)));
          await checkCounts(opened);
        }),
        { numRuns: 60 },
      );
    });

    it('leaks nothing: once every order is released all seats are free', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
          await opened.close();
          opened = await open();
          inventory = opened.inventory;
          await Promise.all(actions.map((one) => perform(inventory, one)));
          await Promise.all(ORDERS.map((order) => inventory.release(order, journeyOf(order))));
          expect(await countsNow()).toEqual([{}, {}, {}]);
        }),
        { numRuns: 30 },
      );
    });
  });
}

const ORDERS = Array.from({ length: 12 }, (_, at) => `order-${at}`);
const AUTHORIZED = 5;

/** Every order has one journey: some with one flight, some with two or three, 1 to 3 seats each, two classes. */
function journeyOf(order: string): SeatRequest[] {
  const at = ORDERS.indexOf(order);
  const flights = FLIGHTS.slice(at % 3, (at % 3) + 1 + (at % 2));
  return flights.map(({ flightNumber }) => request(flightNumber, 1 + (at % 3), AUTHORIZED, at % 4 ? 'Y' : 'M'));
}

type Action = { kind: 'hold' | 'confirm' | 'release'; order: string; now: number };

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom('hold' as const, 'hold' as const, 'hold' as const, 'confirm' as const, 'release' as const),
  order: fc.constantFrom(...ORDERS),
  now: fc.constantFrom(900, 1_000, 1_100),
});

async function perform(inventory: InventoryPort, { kind, order, now }: Action): Promise<void> {
  if (kind === 'hold') await inventory.hold(order, journeyOf(order), now + 50);
  if (kind === 'confirm') await inventory.confirm(order, journeyOf(order), now);
  if (kind === 'release') await inventory.release(order, journeyOf(order));
}

async function checkCounts({ inventory, entries }: OpenedInventory): Promise<void> {
  const all = await entries();
  const counts = await inventory.counts(FLIGHTS);
  for (const [at, { flightNumber, departureDate }] of FLIGHTS.entries()) {
    const derived: Record<string, FlightClassCount> = {};
    for (const entry of Object.values(all[`{inv:${flightNumber}:${departureDate}}`] ?? {})) {
      if (entry.state === 'released') continue;
      for (const [bookingClass, seats] of Object.entries(entry.seats)) {
        (derived[bookingClass] ??= { held: 0, sold: 0 })[entry.state] += seats;
      }
    }
    expect(counts[at]).toEqual(derived);
    for (const { held, sold } of Object.values(counts[at]!)) expect(held + sold).toBeLessThanOrEqual(AUTHORIZED);
  }
}

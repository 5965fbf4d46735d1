import fc from 'fast-check';
import type { InventoryPort, SeatRequest } from '../../connectors/ports/inventory.ts';
import type { Flight } from '../../connectors/ports/catalogue.ts';
import { SeatImage } from '../../ingress/seat-image.ts';

const DATES = ['2099-06-01', '2099-06-02', '2099-06-03'] as const;
const NUMBERS = ['IA101', 'IA102', 'IA103', 'IA104'];
const ORDERS = Array.from({ length: 10 }, (_, at) => `order-${at}`);
const EXPIRES = 4_000_000_000_000;
export const FRESH_MS = 1_000;

export const flightsOn = (departureDate: string): Flight[] =>
  NUMBERS.map((flightNumber) => ({ flightNumber, departureDate, classes: [] }) as unknown as Flight);

const journeyOf = (order: string): SeatRequest[] => {
  const at = ORDERS.indexOf(order);
  return NUMBERS.slice(at % 3, (at % 3) + 2).map((flightNumber) => ({
    flightNumber, departureDate: DATES[at % 3] as string, bookingClass: at % 2 ? 'Y' : 'M', seats: 1 + (at % 2), authorized: 6,
  }));
};

const action = fc.oneof(
  fc.record({ kind: fc.constantFrom('hold', 'confirm', 'release', 'lapse'), order: fc.constantFrom(...ORDERS) }),
  fc.record({ kind: fc.constant('look'), date: fc.constantFrom(...DATES) }),
  fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 1, max: 1_500 }) }),
);

type Action = { kind: string; order?: string; date?: string; ms?: number };

/**
 * After any run of holds, sales, releases and looks, with any waits between them, a look `FRESH_MS` after the last change sees what the
 * inventory holds. Looks on the way make the image read on the side, as they do in the product.
 */
export async function imageFollowsInventory(open: () => Promise<InventoryPort>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 60 }), async (actions) => {
      const inventory = await open();
      let now = 0;
      const catalogue = { flightsOn } as unknown as ConstructorParameters<typeof SeatImage>[0]['catalogue'];
      const image = new SeatImage({ catalogue, inventory, freshMs: FRESH_MS, rereadMs: 1_000_000, now: () => now });
      for (const each of actions as Action[]) {
        if (each.kind === 'wait') now += each.ms as number;
        else if (each.kind === 'look') await image.fresh(each.date as string);
        else await perform(inventory, each);
      }
      now += FRESH_MS;
      for (const date of DATES) {
        const seen = (await image.fresh(date)).flights.map(({ counts }) => counts);
        const held = await inventory.counts(flightsOn(date));
        if (JSON.stringify(seen.map(canonical)) !== JSON.stringify(held.map(canonical)))
          throw new Error(`${date}: the image shows ${JSON.stringify(seen)}, the inventory holds ${JSON.stringify(held)}`);
      }
    }),
    { numRuns },
  );
}

function perform(inventory: InventoryPort, { kind, order = '' }: Action): Promise<unknown> {
  const seats = journeyOf(order);
  if (kind === 'hold') return inventory.hold(order, seats, EXPIRES);
  if (kind === 'confirm') return inventory.confirm(order, seats, 1);
  if (kind === 'lapse') return inventory.confirm(order, seats, EXPIRES + 1);
  return inventory.release(order, seats);
}

/** Counts that are not nought, in order of the classes. */
const canonical = (counts: object): unknown =>
  Object.entries(counts).filter(([, { held, sold }]) => held + sold > 0).sort(([one], [other]) => (one < other ? -1 : 1));

import { beforeEach, describe, expect, it } from 'vitest';
import type { InventoryChanges, FlightClassCount } from '../../connectors/ports/inventory.ts';
import { SeatImage } from '../../ingress/seat-image.ts';
import { openMemoryInventory } from '../driver/memory-inventory.ts';
import { flightsOn, FRESH_MS, imageFollowsInventory } from './seat-image-property.ts';

const DATE = '2099-06-01';

it('follows the inventory', () => imageFollowsInventory(async () => openMemoryInventory(), 300));

describe('the image of seats', () => {
  let now: number;
  let counts: Record<string, FlightClassCount>;
  let changes: InventoryChanges;
  let asked: { polls: number; flights: number };
  /** Held back until called, where a test wants a reading to be under way. */
  let release: (() => void) | null;
  let image: SeatImage;

  beforeEach(() => {
    now = 10_000;
    counts = {};
    changes = { cursor: '1', flights: null };
    asked = { polls: 0, flights: 0 };
    release = null;
    const inventory = {
      changes: async () => {
        asked.polls += 1;
        return changes;
      },
      counts: async (flights: readonly unknown[]) => {
        asked.flights += flights.length;
        const read = { ...counts };
        if (release) await new Promise<void>((resolve) => (release = resolve));
        return flights.map(() => read);
      },
    };
    const catalogue = { flightsOn: (date: string) => (date.startsWith('2099') ? flightsOn(date) : []) };
    image = new SeatImage({ catalogue: catalogue as never, inventory, freshMs: FRESH_MS, rereadMs: 10_000, now: () => now });
  });

  const soldOf = async (date = DATE): Promise<(number | undefined)[]> =>
    (await image.fresh(date)).flights.map((flight) => flight.counts.Y?.sold);
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('reads nothing while nobody asks', async () => {
    await image.fresh(DATE);
    now += 1_000_000;
    await settled();
    expect(asked).toEqual({ polls: 1, flights: 4 });
  });

  it('has nothing to show before the first reading, nor once that is a second old', async () => {
    expect(image.current(DATE)).toBeNull();
    await image.fresh(DATE);
    expect(image.current(DATE)).not.toBeNull();
    now += FRESH_MS - 1;
    expect(image.current(DATE)).not.toBeNull();
    await settled();
    now += FRESH_MS;
    expect(image.current(DATE)).toBeNull();
  });

  it('counts its age from the beginning of a reading, not its end', async () => {
    release = () => {};
    const first = image.fresh(DATE);
    await settled();
    now += 700;
    release();
    release = null;
    await first;
    now += 300;
    expect(image.current(DATE)).toBeNull();
  });

  it('brings itself up to date on the side when it is asked at half its age', async () => {
    await image.fresh(DATE);
    changes = { cursor: '2', flights: [] };
    now += 499;
    image.current(DATE);
    expect(asked.polls).toBe(1);
    now += 1;
    expect(image.current(DATE)).not.toBeNull();
    image.current(DATE);
    await settled();
    expect(asked).toEqual({ polls: 2, flights: 4 });
    now += 999;
    expect(image.current(DATE)).not.toBeNull();
  });

  it('reads again only the flights that changed', async () => {
    await image.fresh(DATE);
    changes = { cursor: '2', flights: [] };
    await image.fresh('2099-06-02');
    expect(asked.flights).toBe(8);
    counts = { Y: { held: 0, sold: 7 } };
    changes = { cursor: '3', flights: [{ flightNumber: 'IA102', departureDate: DATE }, { flightNumber: 'IA102', departureDate: '2099-07-01' }] };
    now += FRESH_MS;
    expect(await soldOf()).toEqual([undefined, 7, undefined, undefined]);
    expect(asked.flights).toBe(9);
  });

  it('reads everything again where any flight may have changed', async () => {
    await image.fresh(DATE);
    await image.fresh('2099-06-02');
    counts = { Y: { held: 0, sold: 7 } };
    now += FRESH_MS;
    expect(await soldOf('2099-06-02')).toEqual([7, 7, 7, 7]);
    expect(image.current(DATE)?.flights[0]?.counts).toEqual(counts);
  });

  it('reads a date whole now and then, on the side: a change that nobody told of shows', async () => {
    await image.fresh(DATE);
    changes = { cursor: '2', flights: [] };
    counts = { Y: { held: 0, sold: 7 } };
    for (let at = 0; at < 20; at += 1) {
      now += 499;
      image.current(DATE);
      await settled();
    }
    expect(await soldOf()).toEqual([undefined, undefined, undefined, undefined]);
    for (let at = 0; at < 2; at += 1) {
      now += 499;
      image.current(DATE);
      await settled();
    }
    expect(await soldOf()).toEqual([7, 7, 7, 7]);
  });

  it('reads many new dates a few at a time, and all of them for those who wait', async () => {
    const dates = Array.from({ length: 11 }, (_, at) => `2099-06-${10 + at}`);
    counts = { Y: { held: 0, sold: 3 } };
    changes = { cursor: '2', flights: [] };
    const sold = await Promise.all(dates.map((date) => soldOf(date)));
    expect(sold).toEqual(dates.map(() => [3, 3, 3, 3]));
    // The first reading is for the first of them alone.
    expect(asked).toEqual({ polls: 4, flights: 44 });
  });

  it('reads dates whole one at a time, when many are due', async () => {
    const dates = Array.from({ length: 3 }, (_, at) => `2099-06-${10 + at}`);
    changes = { cursor: '2', flights: [] };
    for (const date of dates) await image.fresh(date);
    now += 10_000;
    await image.fresh(DATE);
    const readings = [];
    for (let at = 0; at < 4; at += 1) {
      for (const date of dates) image.current(date);
      now += 500;
      const before = asked.flights;
      image.current(DATE);
      await settled();
      readings.push((asked.flights - before) / 4);
    }
    expect(readings).toEqual([1, 1, 1, 0]);
  });

  it('gives those who wait a reading that began after they asked', async () => {
    release = () => {};
    const early = image.fresh(DATE);
    await settled();
    counts = { Y: { held: 0, sold: 7 } };
    const late = image.fresh(DATE);
    const finish = release;
    release = null;
    finish();
    await early;
    expect((await late).flights[0]?.counts).toEqual(counts);
    expect(asked.polls).toBe(2);
  });

  it('forgets its age where the clock is put back', async () => {
    await image.fresh(DATE);
    now -= 5_000;
    expect(image.current(DATE)).toBeNull();
    await image.fresh(DATE);
    expect(image.current(DATE)).not.toBeNull();
  });

  it('keeps no more dates than there is room for', async () => {
    const dates = Array.from({ length: 140 }, (_, at) => new Date(Date.parse('2099-01-01') + at * 86_400_000).toISOString().slice(0, 10));
    changes = { cursor: '2', flights: [] };
    for (const date of dates) await image.fresh(date);
    expect(image.current(dates[0] as string)).toBeNull();
    expect(image.current(dates.at(-1) as string)).not.toBeNull();
  });
});

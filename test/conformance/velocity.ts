import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VelocityPort } from '../../connectors/ports/velocity.ts';

export interface OpenedVelocity {
  velocity: VelocityPort;
  close(): Promise<void>;
}

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

/** What every VelocityPort has to do. `open` gives an empty store. */
export function velocityConformance(implementation: string, open: () => Promise<OpenedVelocity>): void {
  describe(`VelocityPort conformance: ${implementation}`, () => {
    let opened: OpenedVelocity;
    let velocity: VelocityPort;

    beforeEach(async () => {
      opened = await open();
      velocity = opened.velocity;
    });
    afterEach(() => opened.close());

    it('counts distinct orders by key, the recorded one among them', async () => {
      expect(await velocity.record('a', ['token:1', 'email:1'], NOW, HOUR_MS)).toEqual([1, 1]);
      expect(await velocity.record('b', ['token:1', 'email:2'], NOW + 1, HOUR_MS)).toEqual([2, 1]);
      expect(await velocity.record('c', ['email:2', 'token:1'], NOW + 2, HOUR_MS)).toEqual([2, 3]);
    });

    it('counts a repeat once', async () => {
      await velocity.record('a', ['token:1'], NOW, HOUR_MS);
      expect(await velocity.record('a', ['token:1'], NOW, HOUR_MS)).toEqual([1]);
      expect(await velocity.record('a', ['token:1'], NOW + 5, HOUR_MS)).toEqual([1]);
      expect(await velocity.record('b', ['token:1'], NOW + 6, HOUR_MS)).toEqual([2]);
    });

    it('forgets orders as the window slides past them, to the millisecond', async () => {
      await velocity.record('a', ['token:1'], NOW, HOUR_MS);
      expect(await velocity.record('b', ['token:1'], NOW + HOUR_MS - 1, HOUR_MS)).toEqual([2]);
      expect(await velocity.record('c', ['token:1'], NOW + HOUR_MS, HOUR_MS)).toEqual([2]);
      expect(await velocity.record('d', ['token:1'], NOW + 2 * HOUR_MS - 1, HOUR_MS)).toEqual([2]);
    });

    it('leaves out orders after the time asked', async () => {
      await velocity.record('later', ['token:1'], NOW + 10, HOUR_MS);
      expect(await velocity.record('a', ['token:1'], NOW, HOUR_MS)).toEqual([1]);
    });

    it('answers nothing for no keys', async () => {
      expect(await velocity.record('a', [], NOW, HOUR_MS)).toEqual([]);
    });

    it('counts every one of many orders at once', async () => {
      const orders = Array.from({ length: 100 }, (_, at) => `o${at}`);
      const counts = (
        await Promise.all(orders.map((order) => velocity.record(order, ['token:1'], NOW, HOUR_MS)))
      ).flat();
      expect(counts.sort((a, b) => a - b)).toEqual(orders.map((_, at) => at + 1));
    });
  });
}

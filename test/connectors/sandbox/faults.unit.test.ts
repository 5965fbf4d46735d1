import { describe, expect, it } from 'vitest';
import { FaultDial, type FaultMode } from '../../../connectors/sandbox/faults.ts';

function strikes(dial: FaultDial, calls: number): (FaultMode | undefined)[] {
  return Array.from({ length: calls }, () => dial.strike('payment')?.mode);
}

describe('fault dial', () => {
  it('strikes nothing until set, and only the system it is set for', () => {
    const dial = new FaultDial(1);
    expect(dial.strike('payment')).toBeUndefined();
    dial.set({ system: 'reservation', mode: 'error' });
    expect(dial.strike('payment')).toBeUndefined();
    expect(dial.strike('reservation')).toMatchObject({ mode: 'error' });
  });

  it('strikes about as often as its rate says, the same calls for the same seed', () => {
    const pattern = (seed: number) => {
      const dial = new FaultDial(seed);
      dial.set({ system: 'payment', mode: 'error', rate: 0.25 });
      return strikes(dial, 4_000);
    };
    expect(pattern(7)).toEqual(pattern(7));
    expect(pattern(7)).not.toEqual(pattern(8));
    const struck = pattern(7).filter((mode) => mode !== undefined).length;
    expect(struck).toBeGreaterThan(900);
    expect(struck).toBeLessThan(1_100);
  });

  it('is over after its count', () => {
    const dial = new FaultDial(1);
    dial.set({ system: 'payment', mode: 'down', count: 2 });
    expect(dial.isDown('payment')).toBe(true);
    expect(strikes(dial, 3)).toEqual(['down', 'down', undefined]);
    expect(dial.list()).toEqual([]);
    expect(dial.isDown('payment')).toBe(false);
  });

  it('replaces a fault of the same mode, keeps others, clears by system', () => {
    const dial = new FaultDial(1);
    dial.set({ system: 'payment', mode: 'error', rate: 0 });
    dial.set({ system: 'payment', mode: 'error', rate: 1 });
    dial.set({ system: 'payment', mode: 'slow', latencyMs: 20 });
    dial.set({ system: 'notification', mode: 'down' });
    expect(dial.list().map(({ system, mode, rate }) => [system, mode, rate])).toEqual([
      ['payment', 'error', 1],
      ['payment', 'slow', 1],
      ['notification', 'down', 1],
    ]);
    dial.clear('payment');
    expect(dial.list().map(({ system }) => system)).toEqual(['notification']);
    dial.clear();
    expect(dial.list()).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { isOffensive, recordLocator } from '../../../connectors/sandbox/record-locator.ts';

describe('record locator', () => {
  it('has 6 characters that cannot be taken for one another, and no offensive word', () => {
    for (let order = 0; order < 20_000; order++) {
      const locator = recordLocator(`order-${order}`, 0);
      expect(locator).toMatch(/^[A-HJKMNP-Z2-9]{6}$/);
      expect(isOffensive(locator)).toBe(false);
    }
  });

  it('is the same for the same order and attempt, and another for the next attempt', () => {
    expect(recordLocator('order-1', 0)).toBe(recordLocator('order-1', 0));
    expect(recordLocator('order-1', 1)).not.toBe(recordLocator('order-1', 0));
  });

  it('uses the whole alphabet', () => {
    const seen = new Set(Array.from({ length: 2_000 }, (_, order) => recordLocator(`order-${order}`, 0)).join(''));
    expect([...seen].toSorted().join('')).toBe('23456789ABCDEFGHJKMNPQRSTUVWXYZ');
  });

  it('finds an offensive word anywhere', () => {
    expect(isOffensive('2SEX34')).toBe(true);
    expect(isOffensive('ABC234')).toBe(false);
  });
});

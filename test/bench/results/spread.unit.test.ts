import { expect, it } from 'vitest';
import { figure, spread, told } from './spread.ts';

it('gives the middle one of the runs, and the least and greatest', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(told(spread([531.4, 547, 5600]))).toBe('547 (531 to 5,600)');
  expect(told(spread([0, 0, 0]))).toBe('0');
});

it('shows as many digits as say something', () => {
  expect([0.05678, 1.87, 19.96, 20.4, 12, 1234.5].map(figure)).toEqual(['0.057', '1.9', '20', '20', '12', '1,235']);
});

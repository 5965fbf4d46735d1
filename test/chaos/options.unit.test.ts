import { expect, test } from 'vitest';
import { FAULTS } from './faults.ts';
import { optionsOf } from './options.ts';

test('the full run places 20,000 orders, the quick one 2,000, a chosen fault as many as it takes', () => {
  expect(optionsOf([], FAULTS)).toMatchObject({ scale: 'full', orders: 20_000, write: false, faults: FAULTS });
  expect(optionsOf(['--quick'], FAULTS)).toMatchObject({ scale: 'quick', orders: 2_000 });
  expect(optionsOf(['--quick', '--only', 'kills,zombies', '--seed', '7'], FAULTS)).toMatchObject({ orders: 0, seed: 7, faults: FAULTS.filter(({ name }) => ['kills', 'zombies'].includes(name)) });
  expect(optionsOf(['--orders', '300'], FAULTS).orders).toBe(300);
});

test('the quick run leaves the longest faults out, unless they are asked for', () => {
  const quick = optionsOf(['--quick'], FAULTS).faults;
  expect(quick.length).toBeGreaterThan(0);
  expect(quick).toEqual(FAULTS.filter(({ fullOnly }) => !fullOnly));
  expect(optionsOf(['--quick', '--only', 'clock', '--rate', '5'], FAULTS)).toMatchObject({ rate: 5, faults: [{ name: 'clock', fullOnly: true }] });
});

test('what makes no sense is refused', () => {
  expect(() => optionsOf(['--only', 'nothing'], FAULTS)).toThrow('there is no fault nothing; there are ');
  expect(() => optionsOf(['--orders', 'many'], FAULTS)).toThrow('--orders takes a whole number');
  expect(() => optionsOf(['--quick', '--write'], FAULTS)).toThrow('--write is for the full run');
  expect(() => optionsOf(['--frobnicate'], FAULTS)).toThrow();
});

test('faults are told apart by their names, and each is planned in both scales', () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  for (const fault of FAULTS) {
    expect(fault.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(fault.planned('quick')).toBeGreaterThan(0);
    expect(fault.planned('full')).toBeGreaterThanOrEqual(fault.planned('quick'));
  }
});

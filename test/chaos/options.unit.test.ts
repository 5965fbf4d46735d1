import { expect, test } from 'vitest';
import { FAULTS } from './faults.ts';
import { optionsOf } from './options.ts';

test('the full run places 100,000 orders, the quick one 2,000, a chosen fault as many as it takes', () => {
  expect(optionsOf([], FAULTS)).toMatchObject({ scale: 'full', orders: 100_000, rate: 40, write: false, faults: FAULTS });
  expect(optionsOf(['--quick'], FAULTS)).toMatchObject({ scale: 'quick', orders: 2_000, rate: 15 });
  expect(optionsOf(['--quick', '--only', 'kills,zombies', '--seed', '7'], FAULTS)).toMatchObject({ orders: 0, seed: 7, faults: FAULTS.filter(({ name }) => ['kills', 'zombies'].includes(name)) });
  expect(optionsOf(['--orders', '300'], FAULTS).orders).toBe(300);
});

test('the quick run takes one fault of each family, another in another run, and all that have none', () => {
  const quick = (seed: number): string[] => optionsOf(['--quick', '--seed', String(seed)], FAULTS).faults.map(({ name }) => name);
  const families = new Set(FAULTS.map(({ family, name }) => family ?? name));
  expect(quick(1)).toEqual(quick(1));
  expect(quick(1)).toHaveLength(families.size);
  expect(quick(1)).toEqual(expect.arrayContaining(FAULTS.filter(({ family }) => family === undefined).map(({ name }) => name)));
  const met = new Set(Array.from({ length: 200 }, (_, seed) => quick(seed)).flat());
  expect(met.size).toBe(FAULTS.filter(({ notRun }) => notRun === undefined).length);
  expect(optionsOf(['--quick', '--only', 'clock', '--rate', '5'], FAULTS)).toMatchObject({ rate: 5, faults: [{ name: 'clock' }] });
});

test('a fault that cannot be injected here is left to others of its family', () => {
  const [kill, outage] = FAULTS.filter(({ family }) => family === 'broker').map((fault, index) => (index === 0 ? { ...fault, notRun: 'not here' } : fault));
  for (let seed = 0; seed < 20; seed += 1) expect(optionsOf(['--quick', '--seed', String(seed)], [kill, outage] as typeof FAULTS).faults).toEqual([outage]);
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

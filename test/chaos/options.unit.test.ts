import { expect, test } from 'vitest';
import { FAMILIES, FAULTS, familyOf } from './faults.ts';
import { optionsOf } from './options.ts';

test('the full run places 100,000 orders, the quick one 2,000, a chosen fault as many as it takes', () => {
  expect(optionsOf([], FAMILIES)).toMatchObject({ scale: 'full', orders: 100_000, write: false, faults: FAULTS });
  expect(optionsOf(['--quick'], FAMILIES)).toMatchObject({ scale: 'quick', orders: 2_000 });
  expect(optionsOf(['--quick', '--only', 'kills,zombies', '--seed', '7'], FAMILIES)).toMatchObject({ orders: 0, seed: 7, faults: FAULTS.filter(({ name }) => ['kills', 'zombies'].includes(name)) });
  expect(optionsOf(['--orders', '300', '--rate', '5'], FAMILIES)).toMatchObject({ orders: 300, rate: 5 });
});

test('a quick run has one fault of every family, the same ones for the same seed', () => {
  const quick = (seed: number) => optionsOf(['--quick', '--seed', String(seed)], FAMILIES).faults;
  for (let seed = 1; seed < 20; seed += 1) expect(quick(seed).map(familyOf)).toEqual(FAMILIES.map(({ name }) => name));
  expect(quick(3)).toEqual(quick(3));
});

test('over many quick runs every fault is met', () => {
  const met = new Set(Array.from({ length: 200 }, (_, seed) => optionsOf(['--quick', '--seed', String(seed)], FAMILIES).faults).flat());
  expect(FAULTS.filter((fault) => fault.notRun === undefined && !met.has(fault))).toEqual([]);
});

test('what this machine cannot have is not chosen where there is another', () => {
  const [one, other] = FAULTS.slice(0, 2).map((fault, index) => ({ ...fault, ...(index === 0 && { notRun: 'not run: needs root' }) }));
  for (let seed = 0; seed < 10; seed += 1) {
    expect(optionsOf(['--quick', '--seed', String(seed)], [{ name: 'a', faults: [one!, other!] }, { name: 'b', faults: [one!] }]).faults).toEqual([other, one]);
  }
});

test('what makes no sense is refused', () => {
  expect(() => optionsOf(['--only', 'nothing'], FAMILIES)).toThrow('there is no fault nothing; there are ');
  expect(() => optionsOf(['--orders', 'many'], FAMILIES)).toThrow('--orders takes a whole number');
  expect(() => optionsOf(['--rate', '0'], FAMILIES)).toThrow('--rate takes at least one order a second');
  expect(() => optionsOf(['--quick', '--write'], FAMILIES)).toThrow('--write is for the full run');
  expect(() => optionsOf(['--frobnicate'], FAMILIES)).toThrow();
});

test('faults are told apart by their names, and each is planned in both scales', () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  for (const fault of FAULTS) {
    expect(fault.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(fault.planned('quick')).toBeGreaterThan(0);
    expect(fault.planned('full')).toBeGreaterThanOrEqual(fault.planned('quick'));
  }
});

test('a full run kills often enough', () => {
  const planned = (name: string) => FAULTS.find((fault) => fault.name === name)?.planned('full') ?? 0;
  expect(planned('crash-matrix') + planned('crash-matrix-chained')).toBeGreaterThanOrEqual(186);
  expect([planned('kills'), planned('zombies')]).toEqual([150, 20]);
  for (const { name } of FAULTS.filter((fault) => /^(lost-reply|network)-/.test(fault.name))) expect([name, planned(name)]).toEqual([name, 10]);
});

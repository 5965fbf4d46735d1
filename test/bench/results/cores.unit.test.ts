import { expect, it } from 'vitest';
import { coresOfProduct, coresTable } from './cores.ts';

const usage = { kafka: { cores: 0.5, residentMb: 1 }, all: { cores: 0.25, residentMb: 1 }, ingress: { cores: 0.125, residentMb: 1 }, sandbox: { cores: 1, residentMb: 1 } };

it("counts the product's processes alone", () => {
  expect(coresOfProduct(usage)).toBe(0.375);
});

it('has a row for each process that any column knows, and their sum', () => {
  expect(coresTable({ busy: usage, idle: { redis: { cores: 0.01, residentMb: 1 } } }).split('\n')).toEqual([
    '| cores of | busy | idle |',
    '| --- | --- | --- |',
    '| kafka | 0.5 | 0 |',
    '| pipeline | 0.25 | 0 |',
    '| ingress | 0.13 | 0 |',
    '| sandbox | 1 | 0 |',
    '| redis | 0 | 0.01 |',
    '| all together | 1.9 | 0.01 |',
  ]);
});

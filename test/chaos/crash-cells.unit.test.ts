import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Random } from '../../topology/demo/random.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { OUTSIDE_PORTS, PART_POINTS, PORT_POINTS, SESSION_POINTS } from '../../topology/runtime/failpoints.ts';
import { sourceFiles } from '../conventions/sources.ts';
import { crashCells, kindOf, sample } from './crash-cells.ts';

const name = ({ worker, point }: { worker: string; point: string }): string => `${worker} ${point}`;

test('apart, every node dies at every point of its session and of each call it makes', () => {
  const cells = new Set(crashCells('process-per-node').map(name));
  for (const node of orderFlow.nodes) {
    for (const point of SESSION_POINTS) expect(cells).toContain(`${node.name} ${node.name}.${point}`);
    for (const port of OUTSIDE_PORTS) {
      for (const point of PORT_POINTS) expect(cells.has(`${node.name} ${port}.${point}`)).toBe(node.uses.includes(port));
    }
  }
});

test('chained, nodes whose events come in memory have no session to die in', () => {
  const cells = crashCells('one-process').map(name);
  expect(cells).toContain('all receive.produced');
  expect(cells).toContain('all charge.first-effect');
  expect(cells).not.toContain('all charge.produced');
  expect(cells).toContain('all payment.answered');
});

test('no cell stands there twice', () => {
  for (const layout of ['one-process', 'process-per-node'] as const) {
    const cells = crashCells(layout).map(name);
    expect(new Set(cells).size).toBe(cells.length);
  }
});

test('a sample holds every kind of point once, spread over the processes', () => {
  const cells = crashCells('process-per-node');
  const kinds = [...new Set(cells.map(kindOf))];
  for (let seed = 1; seed < 20; seed += 1) {
    const sampled = sample(cells, new Random(seed));
    expect(sampled.map(kindOf).sort()).toEqual(kinds.toSorted());
    const nodes = Map.groupBy(sampled.filter(({ point }) => !/^(ingress|timers|postgres|clickhouse)/.test(point)), ({ worker }) => worker);
    expect(Math.max(...[...nodes.values()].map(({ length }) => length))).toBeLessThanOrEqual(2);
  }
});

test('a sample of some kinds leaves steps to the journal, and over many seeds holds every kind', () => {
  for (const layout of ['one-process', 'process-per-node'] as const) {
    const cells = crashCells(layout);
    const met = new Set<string>();
    for (let seed = 1; seed < 60; seed += 1) {
      const sampled = sample(cells, new Random(seed), 4).map(kindOf);
      expect(new Set(sampled).size).toBe(4);
      expect(sampled.some((kind) => ['effects', 'partitions-added', 'produced', 'offsets'].includes(kind))).toBe(true);
      for (const kind of sampled) met.add(kind);
    }
    expect(met).toEqual(new Set(cells.map(kindOf)));
  }
});

test('points of a kind are told by what they have in common', () => {
  expect(kindOf({ worker: 'hold', point: 'hold.produced' })).toBe('produced');
  expect(kindOf({ worker: 'charge', point: 'payment.sent' })).toBe('payment.sent');
  expect(kindOf({ worker: 'postgres-sink', point: 'postgres-sink.committed' })).toBe('postgres-sink.committed');
});

test('every declared point is passed somewhere in the product', () => {
  const sources = sourceFiles().filter((file) => !file.endsWith('failpoints.ts')).map((file) => readFileSync(file, 'utf8')).join('\n');
  const passed = (point: string): boolean => new RegExp(`[.'"\`]${point}['"\`]`).test(sources);
  for (const point of [...SESSION_POINTS, ...PORT_POINTS, ...Object.values(PART_POINTS).flat()]) expect([point, passed(point)]).toEqual([point, true]);
});

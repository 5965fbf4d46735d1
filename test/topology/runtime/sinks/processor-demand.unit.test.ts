import { expect, test } from 'vitest';
import { demandIn, processorDemand } from '../../../../topology/runtime/sinks/processor-demand.ts';

test.each([
  ['0.61 0.85 0.74 9/512 4242\n', 2, 4],
  ['0.61 0.85 0.74 1/512 4242\n', 2, 0],
  ['0.61 0.85 0.74 0/512 4242\n', 2, 0],
  ['0.61 0.85 0.74 2/512 4242\n', 4, 0.25],
])('%j on %i processors is %d', (line, processors, demand) => {
  expect(demandIn(line, processors)).toBe(demand);
});

test('a line of another kind tells nothing', () => {
  expect(demandIn('', 2)).toBeNull();
  expect(demandIn('0.61 0.85 0.74', 2)).toBeNull();
});

test.runIf(process.platform === 'linux')('Linux tells of this machine', () => {
  expect(processorDemand()).toBeGreaterThanOrEqual(0);
});

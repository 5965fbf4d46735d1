import { expect, test } from 'vitest';
import { derivedFiles, readmeBlocks, staleFiles } from '../../topology/generate.ts';
import { orderFlow } from '../../topology/order-flow.ts';

test('what is derived from the flow is up to date: else run `npm run generate`', () => {
  expect(staleFiles(derivedFiles(orderFlow))).toEqual([]);
});

test('a file that differs, is missing or is left over is stale', () => {
  const files = derivedFiles(orderFlow);
  const { 'k8s/nodes/hold.yaml': hold, ...others } = files;
  expect(staleFiles({ ...others, 'docs/topics.md': 'old', 'docs/absent.md': '' })).toEqual([
    'docs/topics.md',
    'docs/absent.md',
    'k8s/nodes/hold.yaml',
  ]);
  expect(hold).toContain('iaros-hold');
});

test('a flow with faults derives nothing', () => {
  expect(() => derivedFiles({ ...orderFlow, nodes: orderFlow.nodes.slice(1) })).toThrow(
    'node validate is never reached',
  );
});

test('the README has a block for each table', () => {
  const blocks = readmeBlocks(orderFlow);
  expect(Object.keys(blocks)).toEqual(['topics', 'nodes', 'statuses', 'flow', 'states', 'configuration']);
  for (const block of Object.values(blocks)) expect(block.split('\n').length).toBeGreaterThan(10);
  expect(blocks['configuration']).toContain('| `IAROS_HOLD_MS` | `settings.holdMs` | `900000` |');
});

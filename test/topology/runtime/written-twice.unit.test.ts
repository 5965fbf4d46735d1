import { expect, test } from 'vitest';
import { Registry } from 'prom-client';
import { chainOf, SlowNodes } from '../../../topology/runtime/chain.ts';
import { pipelineMetrics } from '../../../topology/runtime/metrics.ts';
import { workOn, type WorkDeps } from '../../../topology/runtime/record-work.ts';
import type { RawRecord } from '../../../topology/runtime/dead-letter.ts';
import type { FlowNode } from '../../../topology/define.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { COMMANDS_TOPIC } from '../../../topology/topics.ts';
import { world, type World } from '../../flow/world.ts';

const receive = orderFlow.nodes.find(({ name }) => name === 'receive') as FlowNode;

const depsOf = (it: World): WorkDeps => ({
  services: {
    state: it.memory, codec: it.flow.codec, settings: it.settings, now: () => it.flow.now,
    ports: {} as WorkDeps['services']['ports'],
  },
  chain: chainOf(orderFlow, () => false), slow: new SlowNodes(), metrics: pipelineMetrics(new Registry()), recoverFrom: async () => false,
});

async function placed(it: World): Promise<(offset: string, headers?: RawRecord['headers']) => RawRecord> {
  const command = await it.command();
  const value = it.flow.codec.encode('OrderCommand', command);
  return (offset, headers) => ({ topic: COMMANDS_TOPIC, partition: 0, offset, timestamp: '0', key: Buffer.from(command.orderId), value, headers });
}

test('a second copy of a command gives nothing, also while the journal still holds what the first gave', async () => {
  const it = world();
  const record = await placed(it);
  const first = await workOn(receive, record('4'), depsOf(it));
  expect(first.outgoing.length).toBeGreaterThan(0);
  expect((await workOn(receive, record('5'), depsOf(it))).outgoing).toEqual([]);
});

test('the same record read again gives the same bytes again', async () => {
  const it = world();
  const record = await placed(it);
  const first = await workOn(receive, record('4'), depsOf(it));
  const again = await workOn(receive, record('4'), depsOf(it));
  expect(again.outgoing).toEqual(first.outgoing);
});

test('a record that was put off is the one it was before', async () => {
  const it = world();
  const record = await placed(it);
  const first = await workOn(receive, record('4'), depsOf(it));
  const moved = record('0', { 'x-orig-topic': COMMANDS_TOPIC, 'x-orig-partition': '0', 'x-orig-offset': '4' });
  const later = await workOn(receive, { ...moved, topic: 'internal.retry.receive.v1' }, depsOf(it));
  expect(later.outgoing.map(({ value }) => value)).toEqual(first.outgoing.map(({ value }) => value));
});

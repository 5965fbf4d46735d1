import { expect, test } from 'vitest';
import { flowEdges, takersOf } from '../../../topology/edges.ts';
import { orderFlow } from '../../../topology/order-flow.ts';
import { inputsOf, topicsOf } from '../../../topology/topics.ts';

const edges = flowEdges(orderFlow);

test('commands and timers come in from outside', () => {
  expect(edges.filter(({ from }) => from === null)).toEqual([
    { from: null, topic: 'orders.commands.v1', carries: 'place', to: 'receive' },
    { from: null, topic: 'orders.commands.v1', carries: 'cancel', to: 'cancel' },
    { from: null, topic: 'orders.commands.v1', carries: 'authenticate', to: 'authenticate' },
    { from: null, topic: 'internal.timers.v1', carries: 'hold_expiry', to: 'expire-holds' },
  ]);
});

test('an event goes to the node that takes it, or to the read models', () => {
  expect(edges).toContainEqual({
    from: 'charge',
    topic: 'orders.payment-approved.v1',
    carries: 'PaymentApproved',
    to: 'confirm-hold',
  });
  expect(edges).toContainEqual({ from: 'notify', topic: 'orders.fulfilled.v1', carries: 'OrderFulfilled', to: null });
  expect(takersOf(orderFlow, 'CancelRequested')).toEqual(['release']);
});

test('edges and subscriptions say the same', () => {
  for (const node of orderFlow.nodes) {
    const incoming = new Set(edges.filter(({ to }) => to === node.name).map(({ topic }) => topic));
    expect([...incoming].sort()).toEqual(
      inputsOf(node)
        .filter((topic) => !topic.startsWith('internal.retry.'))
        .sort(),
    );
  }
});

test('every edge runs on a topic that is provisioned', () => {
  const topics = new Set(topicsOf(orderFlow).map(({ name }) => name));
  expect(edges.filter(({ topic }) => !topics.has(topic))).toEqual([]);
});

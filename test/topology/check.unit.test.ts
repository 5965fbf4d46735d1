import { expect, test } from 'vitest';
import { checkFlow } from '../../topology/check.ts';
import type { Flow, FlowNode, ProcessorNode } from '../../topology/define.ts';
import { orderFlow } from '../../topology/order-flow.ts';

test('the order flow has no fault', () => {
  expect(checkFlow(orderFlow)).toEqual([]);
});

/** The order flow with one node changed, or taken away. */
function changed(name: string, change: (node: ProcessorNode) => object | null): Flow {
  const nodes = orderFlow.nodes.flatMap((node): FlowNode[] => {
    if (node.name !== name) return [node];
    const fields = change(node as ProcessorNode);
    return fields === null ? [] : [{ ...node, ...fields } as FlowNode];
  });
  expect(orderFlow.nodes.some((node) => node.name === name)).toBe(true);
  return { ...orderFlow, nodes };
}

const added = (node: object): Flow => ({
  ...orderFlow,
  nodes: [
    ...orderFlow.nodes,
    { kind: 'processor', uses: [], emits: [], on: [], divertible: true, ...node } as unknown as FlowNode,
  ],
});

test.each<[string, Flow, string]>([
  [
    'a name that is not kebab-case',
    changed('charge', () => ({ name: 'Charge_card' })),
    'node name Charge_card is not lower case with hyphens',
  ],
  ['a name with another meaning', changed('charge', () => ({ name: 'sinks' })), 'node name sinks is reserved'],
  ['a name used twice', changed('charge', () => ({ name: 'hold' })), 'node name hold is used twice'],
  [
    'two nodes for one command',
    changed('authenticate', () => ({ accepts: 'cancel' })),
    'cancel is accepted by two nodes',
  ],
  [
    'an input listed twice',
    changed('validate', () => ({ on: ['OrderReceived', 'OrderReceived'] })),
    'node validate lists OrderReceived twice',
  ],
  [
    'an output listed twice',
    changed('notify', () => ({ emits: ['OrderFulfilled', 'OrderFulfilled'] })),
    'node notify emits OrderFulfilled twice',
  ],
  ['an event nobody takes', changed('capture', () => null), 'event TicketIssued is taken by no node'],
  [
    'an event nobody emits',
    changed('capture', (node) => ({ emits: node.emits.filter((type) => type !== 'CaptureFailed') })),
    'event CaptureFailed is emitted by no node',
  ],
  [
    'an event with two takers',
    added({ name: 'upgrade', on: ['TicketIssued'], emits: ['OrderConfirmed'] }),
    'event TicketIssued is taken by capture and upgrade',
  ],
  [
    'a taker where the order rests',
    added({ name: 'survey', on: ['OrderFulfilled'], emits: ['CancelRequested'] }),
    'node survey takes OrderFulfilled, after which the order rests as Fulfilled',
  ],
  [
    'an illegal emit',
    changed('hold', (node) => ({ emits: [...node.emits, 'OrderRefunded'] })),
    'node hold emits OrderRefunded, which is legal in no state it can meet',
  ],
  [
    'a dead end',
    changed('notify', () => ({ emits: ['OrderRefunded'] })),
    'node notify has no legal event for an order that is Confirmed after OrderConfirmed',
  ],
  [
    'a status nobody reaches',
    changed('notify', () => ({ emits: ['OrderRefunded'] })),
    'status Fulfilled is never reached',
  ],
  ['a node nobody reaches', changed('confirm-hold', () => null), 'node ticket is never reached'],
  [
    'effects that nobody takes back',
    changed('refund', () => ({ compensates: [] })),
    'node charge uses payment, and no node takes its effects back',
  ],
  [
    'effects that are taken back too early',
    changed('release', () => ({ compensates: ['inventory'] })),
    'node ticket uses reservation, and no node takes its effects back',
  ],
  [
    'effects out of reach of the node that would take them back',
    {
      ...changed('release', () => ({ compensates: ['inventory'] })),
      nodes: changed('release', () => ({ compensates: ['inventory'] })).nodes.map((node) =>
        node.name === 'receive' ? { ...node, compensates: ['reservation'] } : node,
      ),
    },
    'after node ticket no order gets to receive, which takes back the effects of reservation',
  ],
])('finds %s', (_, flow, fault) => {
  expect(checkFlow(flow)).toContain(fault);
});

test('tells all faults at once', () => {
  const faults = checkFlow(changed('capture', () => null));
  expect(faults).toEqual(
    expect.arrayContaining([
      'event OrderConfirmed is emitted by no node',
      'event CaptureFailed is emitted by no node',
      'event TicketIssued is taken by no node',
      'status Confirmed is never reached',
      'status Fulfilled is never reached',
      'node notify is never reached',
    ]),
  );
});

test('an empty flow reaches nothing', () => {
  const faults = checkFlow({ name: 'empty', nodes: [] });
  expect(faults.filter((fault) => fault.includes('never reached'))).toHaveLength(19);
});

import { expect, it } from 'vitest';
import { orderFlow } from '../../../topology/order-flow.ts';
import { chainOf, isFed } from '../../../topology/runtime/chain.ts';

const all = (): boolean => true;
const node = (name: string) => {
  const found = orderFlow.nodes.find((each) => each.name === name);
  if (!found) throw new Error(`no node ${name}`);
  return found;
};

it('hands on in memory what goes forward, and nothing that leads to giving back', () => {
  expect([...chainOf(orderFlow, all).keys()].sort()).toEqual([
    'InventoryConfirmed', 'InventoryHeld', 'OrderConfirmed', 'OrderReceived', 'OrderScored', 'OrderValidated', 'PaymentApproved', 'TicketIssued',
  ]);
});

it('lets a node that gives back read its events at once, though all who emit them are beside it', () => {
  expect(orderFlow.nodes.filter((each) => isFed(orderFlow, all, each)).map(({ name }) => name)).not.toContain('release');
  expect(isFed(orderFlow, all, node('refund'))).toBe(false);
  expect(isFed(orderFlow, all, node('charge'))).toBe(true);
  expect(isFed(orderFlow, (each) => each.name !== 'hold', node('charge'))).toBe(false);
});

import { expect, test } from 'vitest';
import type { StillOrder } from '../../../connectors/postgres/stuck-orders.ts';
import { standing } from '../../../topology/runtime/stuck-watch.ts';

/** A read model that takes in one event of a partition whenever it is asked; the order moves on with the third. */
function busyReadModel() {
  let events = 0;
  const order = (): StillOrder => ({ orderId: 'O-1', version: events >= 3 ? 2 : 1 }) as StillOrder;
  return {
    readTo: async () => new Map([['orders.received.v1', new Map([[0, BigInt(events++)]])]]),
    still: async () => (events++, [order()]),
  };
}

test('what the read model takes in while it is asked is in its rows, or after the position it is said to have', async () => {
  const { readTo, still } = busyReadModel();
  const found = await standing(readTo, still);
  expect(found.still).toEqual([{ orderId: 'O-1', version: 2 }]);
  expect(found.readTo.get('orders.received.v1')?.get(0)).toBe(1n);
});

test('Kafka is not asked while no order stands still', async () => {
  const asked = () => Promise.reject(new Error('asked'));
  expect(await standing(asked, async () => [])).toEqual({ still: [], readTo: new Map() });
});

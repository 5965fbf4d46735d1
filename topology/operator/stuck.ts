import { openStuckOrders } from '../../connectors/postgres/stuck-orders.ts';
import { orderFlow } from '../order-flow.ts';
import { stillQuery } from '../runtime/stuck-order.ts';
import { overdueOrders, standing, type Stuck } from '../runtime/stuck-watch.ts';
import { readModelPositions } from '../runtime/whereabouts.ts';
import { attach } from './attach.ts';
import { withState } from './dead-letters/show.ts';
import { table, wrap } from './table.ts';

const WHY_WIDTH = 44;

/** Prints orders past their deadline, longest first, and what each waits for. */
export async function printStuck(options: { json?: boolean }): Promise<void> {
  const attached = await attach(['redis', 'postgres']);
  const { config, kafka, codec } = attached;
  const orders = openStuckOrders(config.databaseUrl);
  try {
    const query = stillQuery(Date.now(), config.settings.orderTimeoutMs, true);
    const { still, readTo } = await standing(() => readModelPositions(kafka), () => orders.still(query));
    const parked = still.filter(({ parkedAt }) => parkedAt !== null);
    const overdue = await withState(attached, (state) =>
      overdueOrders({ still: still.filter(({ parkedAt }) => parkedAt === null), readTo }, { flow: orderFlow, kafka, services: { state, codec, settings: config.settings, now: Date.now } }));
    const rows = [
      ...parked.map(({ orderId, status, updatedAt, drives, reason }) => ({ order: orderId, status, minutes: minutesSince(updatedAt), drives, state: 'parked', why: reason })),
      ...overdue.map((stuck) => ({ order: stuck.order.orderId, status: stuck.order.status, minutes: minutesSince(stuck.order.updatedAt), drives: stuck.order.drives, ...stateOf(stuck) })),
    ];
    if (options.json) console.log(JSON.stringify(rows));
    else console.log(rows.length === 0 ? 'no order stands still' : table(rows.map((row) => ({ ...row, why: wrap(row.why, WHY_WIDTH) }))));
  } finally {
    await orders.close();
  }
}

const minutesSince = (time: number): number => Math.round((Date.now() - time) / 6_000) / 10;

function stateOf({ mover: { node }, where }: Stuck): { state: string; why: string } {
  switch (where.kind) {
    case 'unread':
      return { state: 'waiting', why: `${node.name} has not read ${where.topic} so far` };
    case 'put_off':
      return { state: 'waiting', why: `in ${where.topic}: ${node.name} tries again` };
    case 'buried':
      return { state: 'parked', why: `dead letter ${where.letter} (${where.code})` };
    case 'moved_on':
      return { state: 'waiting', why: 'moved on; Postgres is behind' };
    case 'lost':
      return { state: 'stuck', why: `${node.name} is past its event` };
  }
}

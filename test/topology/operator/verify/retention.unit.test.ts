import { beforeEach, expect, test } from 'vitest';
import type { LoggedOrder } from '../../../../topology/operator/verify/evidence.ts';
import { complete, type CutOff, type History, isCut, NOTHING_CUT } from '../../../../topology/operator/verify/retention.ts';
import { verify } from '../../../../topology/operator/verify/verify.ts';
import { COMMANDS_TOPIC } from '../../../../topology/topics.ts';
import { type Played, played } from './played-evidence.ts';

let it: Played;
beforeEach(async () => {
  it = await played();
});

const broken = (): string[] => Object.entries(verify(it.evidence).checks).flatMap(([name, { ok }]) => (ok ? [] : [name]));

/** Lets Kafka forget events of the order up to a version, with its command; answers what Postgres remembers. */
function forget(orderId: string, upTo: number): { cut: CutOff; history: History } {
  const order = it.evidence.orders.get(orderId) as LoggedOrder;
  const gone = order.events.filter(({ version }) => version <= upTo);
  order.events = order.events.filter(({ version }) => version > upTo);
  it.evidence.placed.delete(orderId);
  const whole = order.events.length === 0;
  if (whole) it.evidence.orders.delete(orderId);
  const first = new Map<string, Map<number, bigint>>([[COMMANDS_TOPIC, new Map([[0, 1n]])]]);
  for (const { position } of gone) {
    const [, topic, offset] = /^(.*)\/0@(\d+)$/.exec(position) as unknown as [string, string, string];
    first.set(topic, new Map([[0, BigInt(offset) + 1n]]));
  }
  return {
    cut: { first, commandsSince: new Map([[0, it.evidence.at + 1]]) },
    history: { events: gone.map((event) => ({ ...event, orderId })), states: whole ? [{ ...order.last, orderId }] : [] },
  };
}

test.each([1, 4, 9])('an order of which events up to version %i are gone is whole again by what Postgres has', (upTo) => {
  const { cut, history } = forget(it.fulfilled, upTo);
  expect(broken()).not.toEqual([]);
  expect(complete(it.evidence, cut, history)).toBe(1);
  expect(broken()).toEqual([]);
});

test('what is gone and nobody remembers stays missing', () => {
  const { cut, history } = forget(it.fulfilled, 4);
  history.events = history.events.filter(({ version }) => version !== 3);
  complete(it.evidence, cut, history);
  expect(broken()).toEqual(['versions', 'postgres', 'clickhouse']);
});

test('an event missing from the part that is still there stays missing', () => {
  const { cut, history } = forget(it.fulfilled, 4);
  const order = it.evidence.orders.get(it.fulfilled) as LoggedOrder;
  order.events = order.events.filter(({ version }) => version !== 7);
  complete(it.evidence, cut, history);
  expect(broken()).toContain('versions');
});

test('a command that is gone alone is no order from nowhere; one younger than what is left is', () => {
  const since = (at: number): CutOff => ({ first: new Map(), commandsSince: new Map([[0, at]]) });
  const placedAt = it.evidence.orders.get(it.fulfilled)?.last.order.placedAt as number;
  it.evidence.placed.delete(it.fulfilled);
  complete(it.evidence, since(placedAt - 1), { events: [], states: [] });
  expect(broken()).toEqual(['accepted']);
  complete(it.evidence, since(placedAt), { events: [], states: [] });
  expect(broken()).toEqual([]);
});

test('nothing cut, nothing excused', () => {
  expect([isCut(NOTHING_CUT), isCut({ ...NOTHING_CUT, first: new Map([['t', new Map([[0, 0n]])]]) }), isCut({ ...NOTHING_CUT, first: new Map([['t', new Map([[0, 3n]])]]) })]).toEqual([false, false, true]);
  it.evidence.placed.delete(it.fulfilled);
  complete(it.evidence, NOTHING_CUT, { events: [], states: [] });
  expect(broken()).toEqual(['accepted']);
});

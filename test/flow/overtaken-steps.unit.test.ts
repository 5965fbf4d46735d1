import { expect, test } from 'vitest';
import { parseChangelogKey } from '../../topology/runtime/changelog-keys.ts';
import { CHANGELOG_TOPIC } from '../../topology/topics.ts';
import { violationsOf } from './invariants.ts';
import { nodeOf, world, type World } from './world.ts';

/** Versions of the events that the changelog has of steps an interrupt overtook, in the order in which they were written. */
async function overtakenVersions({ flow }: World): Promise<number[]> {
  const overtaken = flow.records(CHANGELOG_TOPIC).filter(({ key }) => parseChangelogKey(String(key)).kind === 'overtaken');
  return Promise.all(overtaken.map(async ({ value }) => ((await flow.codec.decode(value as Buffer)).record as { version: number }).version));
}

test('steps that a cancellation meets before their commit go to the changelog', async () => {
  const it = world({ chained: true });
  it.flow.crashOnce('receive');
  const orderId = await it.place();
  await it.flow.runOne(nodeOf('receive'));
  it.cancel(orderId);
  await it.flow.runOne(nodeOf('cancel'));
  await it.flow.runOne(nodeOf('cancel'));
  expect(await overtakenVersions(it)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await it.flow.run();
  expect(await it.status(orderId)).toBe('Refunded');
  expect(await violationsOf(it, [orderId], ['IA101'])).toEqual([]);
});

test('steps that followed an interrupt in a run of it that was lost do not', async () => {
  const it = world({ chained: true });
  const orderId = await it.place({ token: 'tok_3ds' });
  await it.flow.run();
  expect(await it.status(orderId)).toBe('PaymentPending');
  it.flow.crashOnce('authenticate');
  it.authenticate(orderId, 'authenticated');
  await it.flow.run();
  expect(await it.status(orderId)).toBe('Fulfilled');
  expect(await overtakenVersions(it)).toEqual([]);
  expect(await violationsOf(it, [orderId], ['IA101'])).toEqual([]);
});

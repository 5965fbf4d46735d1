import { expect, test } from 'vitest';
import { memoryCodec } from '../../../../schemas/codec.ts';
import { ChangelogImage } from '../../../../topology/operator/verify/changelog-image.ts';
import { WrittenKeys } from '../../../../topology/operator/verify/written-keys.ts';
import { CHANGELOG_TOPIC } from '../../../../topology/topics.ts';
import { world, type World } from '../../../flow/world.ts';

async function imageOf(it: World, records = it.flow.records(CHANGELOG_TOPIC)): Promise<Map<string, string>> {
  const image = new ChangelogImage(memoryCodec());
  for (const { key, value } of records) await image.add(String(key), value);
  return image.snapshot(it.flow.now);
}

test('heads, timers, seats and fraud counts of all orders come out of the changelog, in whatever order it is read', async () => {
  const it = world();
  const [sold, waiting, refused] = [await it.place({ passengers: 2 }), await it.place({ token: 'tok_3ds' }), await it.place({ token: 'tok_declined' })];
  await it.flow.run();
  const image = await imageOf(it);
  expect(image.get(`{ord:${sold}}:head`)).toMatch(/^9 Fulfilled 1 [0-9a-f]{64}$/);
  expect(image.get(`{ord:${waiting}}:head`)).toMatch(/^5 PaymentPending 1 [0-9a-f]{64}$/);
  expect(image.get(`timers ${waiting}|hold_expiry`)).toBe(String(it.flow.now + it.settings.holdMs));
  const flight = '{inv:IA101:2026-12-24}';
  expect([image.get(`${flight} s:Y`), image.get(`${flight} h:Y`)]).toEqual(['2', '1']);
  expect([image.get(`${flight}:orders ${sold}`), image.get(`${flight}:orders ${refused}`)]).toEqual([expect.stringMatching(/^sold \d+ Y=2$/), 'released']);
  expect([...image].filter(([key, orders]) => key.startsWith('vel:') && orders.includes(sold)).length).toBeGreaterThan(0);
  expect(await imageOf(it, [...it.flow.records(CHANGELOG_TOPIC)].reverse())).toEqual(image);
});

test('a cancel that met an order in flight is a mark until an event answers it', async () => {
  const it = world();
  it.cancel('not-placed-yet');
  await it.flow.run();
  expect(JSON.parse((await imageOf(it)).get('{ord:not-placed-yet}:mark') ?? '')).toMatchObject({ reason: 'customer_request' });
  await it.place({ orderId: 'not-placed-yet' });
  await it.flow.run();
  const image = await imageOf(it);
  expect(image.has('{ord:not-placed-yet}:mark')).toBe(false);
  expect(image.get('{ord:not-placed-yet}:head')).toMatch(/^4 Cancelled 1 /);
});

test('a write that verify does not know is not passed over in silence', () => {
  expect(() => new WrittenKeys().write(['INCR', 'key'])).toThrow('a rebuild writes with INCR, which verify does not know');
});

import { expect, test } from 'vitest';
import { hold } from '../../../processors/inventory/hold.ts';
import { openMemoryInventory } from '../../driver/memory-inventory.ts';
import { context, event, flightItem, frozen, NOW, passenger, priced, settings } from '../given.ts';

const scored = (changes = {}) => event('OrderScored', frozen(priced(changes)));

test('holds the seats for the time in the settings', async () => {
  const inventory = openMemoryInventory();
  const event = scored();
  const drafts = await hold(event, context({ inventory }));
  expect(drafts).toEqual([
    { type: 'InventoryHeld', order: { ...event.order, hold: { state: 'held', expiresAt: NOW + settings.holdMs } } },
  ]);
  expect(await inventory.counts([{ flightNumber: 'IA101', departureDate: '2026-12-24' }])).toEqual([
    { Y: { held: 1, sold: 0 } },
  ]);
});

test('a second run finds the first hold', async () => {
  const inventory = openMemoryInventory();
  const event = scored();
  const first = await hold(event, context({ inventory }));
  expect(await hold(event, context({ inventory }, { now: NOW + 60_000 }))).toEqual(first);
});

test('a flight without seats left closes the order, naming flight and class', async () => {
  const inventory = openMemoryInventory();
  const nine = Array.from({ length: 9 }, (_, index) => passenger(`P${index}`));
  const business = flightItem(
    'IA101',
    '2026-12-24',
    nine.map(({ passengerId }) => passengerId),
    'J',
  );
  await hold(scored({ orderId: 'O-first', passengers: nine, items: [business] }), context({ inventory }));
  const [draft] = await hold(scored({ passengers: nine, items: [business] }), context({ inventory }));
  expect(draft?.type).toBe('InventoryUnavailable');
  expect(draft?.order.hold).toBeNull();
  expect(draft?.order.closure).toEqual({ reason: 'sold_out', detail: 'IA101 on 2026-12-24, class J: 1 seats left' });
});

test('an order whose seats were given back gets none again', async () => {
  const inventory = openMemoryInventory();
  const { order } = scored();
  await inventory.release(order.orderId, [
    { flightNumber: 'IA101', departureDate: '2026-12-24', bookingClass: 'Y', seats: 1, authorized: 105 },
  ]);
  const [draft] = await hold(scored(), context({ inventory }));
  expect(draft?.type).toBe('InventoryUnavailable');
  expect(draft?.order.closure?.reason).toBe('hold_released');
});

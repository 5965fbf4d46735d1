import { expect, test } from 'vitest';
import { confirmHold } from '../../../processors/inventory/confirm-hold.ts';
import { hold } from '../../../processors/inventory/hold.ts';
import { openMemoryInventory } from '../../driver/memory-inventory.ts';
import { context, event, frozen, NOW, paid, settings } from '../given.ts';

const approved = () => event('PaymentApproved', frozen(paid('authorised')));
const FLIGHT = [{ flightNumber: 'IA101', departureDate: '2026-12-24' }];

test('the hold becomes a sale', async () => {
  const inventory = openMemoryInventory();
  await hold(event('OrderScored', paid('none')), context({ inventory }));
  const [draft] = await confirmHold(approved(), context({ inventory }));
  expect(draft?.type).toBe('InventoryConfirmed');
  expect(draft?.order.hold).toEqual({ state: 'sold', expiresAt: NOW + settings.holdMs });
  expect(await inventory.counts(FLIGHT)).toEqual([{ Y: { held: 0, sold: 1 } }]);
});

test('a hold that lapsed sells nothing', async () => {
  const inventory = openMemoryInventory();
  await hold(event('OrderScored', paid('none')), context({ inventory }));
  const [draft] = await confirmHold(approved(), context({ inventory }, { now: NOW + settings.holdMs + 1 }));
  expect(draft?.type).toBe('InventoryUnavailable');
  expect(draft?.order.closure?.reason).toBe('hold_expired');
  expect(draft?.order.payment.status).toBe('authorised');
});

import { describe, expect, test } from 'vitest';
import { world, type World } from './world.ts';

const HAPPY = ['OrderReceived', 'OrderValidated', 'OrderScored', 'InventoryHeld', 'PaymentApproved', 'InventoryConfirmed', 'TicketIssued', 'OrderConfirmed', 'OrderFulfilled'];

describe.each([{ chained: false }, { chained: true }])('with every event $chained handed on in memory', ({ chained }) => {
  test('an order is fulfilled, one event a version', async () => {
    const { flow, ...it } = world({ chained });
    const orderId = await it.place();
    await flow.run();
    expect(await it.types(orderId)).toEqual(HAPPY);
    expect((await flow.events(orderId)).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(it.money(orderId)).toEqual(['authorisation', 'capture']);
    expect(await it.seats()).toEqual({ held: 0, sold: 1 });
    expect(it.companies.messages(orderId).length).toBeGreaterThan(0);
  });

  test('the same command twice makes one order', async () => {
    const it = world({ chained });
    const command = await it.command();
    it.flow.pipe(command);
    it.flow.pipe(command);
    await it.flow.run();
    it.flow.pipe(command);
    await it.flow.run();
    expect(await it.types(command.orderId)).toEqual(HAPPY);
    expect(it.money(command.orderId)).toEqual(['authorisation', 'capture']);
  });

  test.each([
    ['tok_declined', ['PaymentFailed', 'OrderCancelled'], ['decline']],
    ['tok_fraud', ['OrderCancelled'], []],
    ['tok_timeout', HAPPY.slice(-2), ['authorisation', 'capture']],
    ['tok_flaky', HAPPY.slice(-2), ['authorisation', 'capture']],
  ])('%s ends with %j', async (token, end, money) => {
    const it = world({ chained });
    const orderId = await it.place({ token });
    await settle(it);
    expect((await it.types(orderId)).slice(-end.length)).toEqual(end);
    expect(it.money(orderId)).toEqual(money);
    expect(await it.seats()).toEqual({ held: 0, sold: end.includes('OrderFulfilled') ? 1 : 0 });
  });

  test('a refused ticket gives money and seats back', async () => {
    const it = world({ chained });
    const orderId = await it.place({ flight: 'IA901' });
    await it.flow.run();
    expect((await it.types(orderId)).slice(-3)).toEqual(['TicketingFailed', 'RefundRequested', 'OrderRefunded']);
    expect(it.money(orderId)).toEqual(['authorisation', 'void']);
    expect(await it.seats('IA901')).toEqual({ held: 0, sold: 0 });
  });

  test('a cancel before the order itself refuses it', async () => {
    const it = world({ chained });
    const command = await it.command();
    it.cancel(command.orderId);
    await it.flow.run();
    it.flow.pipe(command);
    await it.flow.run();
    expect(await it.types(command.orderId)).toEqual(['OrderReceived', 'CancelRequested', 'VoidRequested', 'OrderCancelled']);
    expect(it.money(command.orderId)).not.toContain('authorisation');
  });

  test('a challenge that nobody answers ends with the hold', async () => {
    const it = world({ chained });
    const orderId = await it.place({ token: 'tok_3ds' });
    await it.flow.run();
    expect(await it.status(orderId)).toBe('PaymentPending');
    expect(await it.seats()).toEqual({ held: 1, sold: 0 });
    await it.advance(it.settings.holdMs - 1_000);
    expect(await it.status(orderId)).toBe('PaymentPending');
    await it.advance(2_000);
    expect(await it.status(orderId)).toBe('Cancelled');
    expect((await it.flow.events(orderId)).at(-1)?.order.closure?.reason).toBe('hold_expired');
    expect(await it.seats()).toEqual({ held: 0, sold: 0 });
    expect(it.money(orderId)).not.toContain('authorisation');
  });

  test('a payment outage is waited out; the order goes on by itself', async () => {
    const it = world({ chained, settings: { stepRetries: 0 } });
    it.companies.faults.set({ system: 'payment', mode: 'down' });
    const orderId = await it.place();
    await it.flow.run();
    expect(await it.status(orderId)).toBe('InventoryHold');
    await it.advance(30_000);
    it.companies.faults.clear();
    await it.advance(31_000);
    expect(await it.status(orderId)).toBe('Fulfilled');
    expect(it.money(orderId)).toEqual(['authorisation', 'capture']);
  });

  test('an outage longer than the hold cancels the order, with nothing taken', async () => {
    const it = world({ chained, settings: { stepRetries: 0 } });
    it.companies.faults.set({ system: 'payment', mode: 'down' });
    const orderId = await it.place();
    await it.flow.run();
    await it.advance(it.settings.holdMs + 1_000);
    it.companies.faults.clear();
    await settle(it);
    expect(await it.status(orderId)).toBe('Cancelled');
    expect(await it.seats()).toEqual({ held: 0, sold: 0 });
    expect(it.money(orderId)).not.toContain('capture');
  });
});

/** Lets everything that was put off come due. */
async function settle(it: World): Promise<void> {
  await it.flow.run();
  for (let round = 0; round < 8; round += 1) await it.advance(31_000);
}

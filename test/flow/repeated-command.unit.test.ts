import { describe, expect, test } from 'vitest';
import { COMMANDS_TOPIC } from '../../topology/topics.ts';
import type { OrderState } from '../../topology/runtime/state.ts';
import { violationsOf } from './invariants.ts';
import { world, type World } from './world.ts';

/** A store that still holds what steps answered: a repeat in the same chunk, or one after a crash between the commit and the forgetting. */
const unforgotten = (state: OrderState): OrderState => ({ ...state, trim: async () => undefined });

/** Puts every command so far on its topic once more, as a producer does that missed the acknowledgement. */
async function repeatCommands(it: World): Promise<void> {
  for (const { key, value } of [...it.flow.records(COMMANDS_TOPIC)]) it.flow.pipeBytes(COMMANDS_TOPIC, String(key), value);
  await it.flow.run();
}

const eventIds = async (it: World, orderId: string): Promise<string[]> => (await it.flow.events(orderId)).map(({ eventId }) => eventId);

describe('a command that comes again while its results are still in the journal', () => {
  test('gives no event a second time', async () => {
    const it = world({ state: unforgotten });
    const orderId = await it.place();
    await it.flow.run();
    const once = await eventIds(it, orderId);
    await repeatCommands(it);
    expect(await it.status(orderId)).toBe('Fulfilled');
    expect(await eventIds(it, orderId)).toEqual(once);
    expect(await violationsOf(it, [orderId], ['IA101'])).toEqual([]);
  });

  test('cancels once', async () => {
    const it = world({ state: unforgotten });
    const orderId = await it.place();
    await it.flow.run();
    it.cancel(orderId);
    await it.flow.run();
    const once = await eventIds(it, orderId);
    await repeatCommands(it);
    expect(await it.status(orderId)).toBe('Refunded');
    expect(await eventIds(it, orderId)).toEqual(once);
  });

  test('is still replayed where the first was never committed', async () => {
    const it = world({ state: unforgotten });
    it.flow.crashOnce('receive');
    const orderId = await it.place();
    await it.flow.run();
    await repeatCommands(it);
    expect(await it.status(orderId)).toBe('Fulfilled');
    expect(await violationsOf(it, [orderId], ['IA101'])).toEqual([]);
  });
});

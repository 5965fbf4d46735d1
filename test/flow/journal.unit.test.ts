import { describe, expect, test } from 'vitest';
import { orderFlow } from '../../topology/order-flow.ts';
import type { OrderState } from '../../topology/runtime/state.ts';
import { violationsOf } from './invariants.ts';
import { world } from './world.ts';

/** A store that forgets what its steps answered: what the pipeline would be without its journal. */
const withoutJournal = (state: OrderState): OrderState => ({
  ...state,
  begin: async (...args) => forget(await state.begin(...args)),
  complete: async (completion) => forget(await state.complete(completion)),
});

function forget<Answer extends { kind: string }>(answer: Answer): Answer {
  return answer.kind === 'replay' ? ({ kind: 'stale' } as unknown as Answer) : answer;
}

const EFFECTFUL = orderFlow.nodes.filter((node) => node.kind === 'processor' && !['release', 'refund'].includes(node.name)).map(({ name }) => name);

describe.each(EFFECTFUL)('a crash of %s between its effects and its commit', (node) => {
  test('is replayed from the journal: the same events, each effect once', async () => {
    const it = world();
    it.flow.crashOnce(node);
    const orderId = await it.place();
    await it.flow.run();
    expect(await it.status(orderId)).toBe('Fulfilled');
    expect(it.money(orderId)).toEqual(['authorisation', 'capture']);
    expect(await violationsOf(it, [orderId], ['IA101'])).toEqual([]);
  });

  test('is caught by the invariants when the journal is switched off', async () => {
    const it = world({ state: withoutJournal });
    it.flow.crashOnce(node);
    const orderId = await it.place();
    await it.flow.run();
    expect((await violationsOf(it, [orderId], ['IA101'])).join('\n')).toContain('final: order');
  });
});

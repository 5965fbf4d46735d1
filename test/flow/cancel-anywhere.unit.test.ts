import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderFlow } from '../../topology/order-flow.ts';
import type { FlowNode } from '../../topology/define.ts';
import { StateUnavailable } from '../../topology/runtime/errors.ts';
import type { OrderState } from '../../topology/runtime/state.ts';
import { isFinal, violationsOf } from './invariants.ts';
import { world } from './world.ts';

describe('a cancel command meets the order wherever it stands', () => {
  test.each(Array.from({ length: 10 }, (_, steps) => steps))('after %i steps', async (steps) => {
    const it = world();
    const orderId = await it.place();
    let taken = 0;
    await runWhile(it.flow, () => taken++ < steps);
    it.cancel(orderId);
    await it.flow.run();
    expect(['Cancelled', 'Refunded']).toContain(await it.status(orderId));
    expect(await violationsOf(it, [orderId], ['IA101'])).toEqual([]);
    expect(await it.seats()).toEqual({ held: 0, sold: 0 });
  });
});

const FLIGHTS = ['IA101', 'IA901', 'IA902', 'IA903'];
const arbitraryPlan = fc.array(
  fc.record({
    flight: fc.constantFrom(...FLIGHTS),
    token: fc.constantFrom('tok_visa', 'tok_visa', 'tok_declined', 'tok_3ds', 'tok_timeout', 'tok_flaky'),
    passengers: fc.constantFrom(1, 1, 2),
    duplicate: fc.boolean(),
    cancelAt: fc.option(fc.nat(14), { nil: null }),
    authenticateAt: fc.option(fc.nat(14), { nil: null }),
  }),
  { minLength: 1, maxLength: 4 },
);
/** Which of the calls that write results to the store are lost: the effects before them have happened, and nothing tells of them. */
const arbitraryLosses = fc.uniqueArray(fc.nat(40), { maxLength: 6 });
const losing = (lost: readonly number[]) => (state: OrderState): OrderState => {
  let calls = 0;
  return {
    ...state,
    async complete(completion) {
      if (lost.includes(calls++)) throw new StateUnavailable('lost before it was written');
      return state.complete(completion);
    },
  };
};
const arbitraryCrashes = fc.array(fc.record({ at: fc.nat(60), node: fc.constantFrom(...orderFlow.nodes.map(({ name }) => name)) }), { maxLength: 6 });

describe.each([{ chained: false }, { chained: true }])('any commands, in any order, with crashes before any write to the store and any commit (chained: $chained)', ({ chained }) => {
  test('leave seats, money, tickets and histories right', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryPlan, arbitraryCrashes, arbitraryLosses, fc.array(fc.nat(1_000), { minLength: 1, maxLength: 40 }), async (plan, crashes, lost, choices) => {
        const it = world({ chained, state: losing(lost) });
        const orders = await Promise.all(plan.map((each) => it.command(each)));
        for (const [index, command] of orders.entries()) {
          it.flow.pipe(command);
          if (plan[index]?.duplicate) it.flow.pipe(command);
        }
        let taken = 0;
        await it.flow.run((ready) => {
          for (const { at, node } of crashes) if (at === taken) it.flow.crashOnce(node);
          for (const [index, { orderId }] of orders.entries()) {
            if (plan[index]?.cancelAt === taken) it.cancel(orderId);
            if (plan[index]?.authenticateAt === taken) it.authenticate(orderId, 'authenticated');
          }
          taken += 1;
          return ready[(choices[taken % choices.length] as number) % ready.length] as FlowNode;
        });
        await it.outlastHolds();
        expect(await violationsOf(it, orders.map(({ orderId }) => orderId), FLIGHTS)).toEqual([]);
        for (const { orderId } of orders) expect(isFinal(await it.status(orderId))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

/** Runs node after node as long as `go` says so; leaves the rest of the work undone. */
async function runWhile(flow: ReturnType<typeof world>['flow'], go: () => boolean): Promise<void> {
  for (;;) {
    let worked = false;
    for (const node of orderFlow.nodes) {
      if (!go()) return;
      if (await flow.runOne(node)) worked = true;
    }
    if (!worked) return;
  }
}

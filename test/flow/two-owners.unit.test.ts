import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FlowNode } from '../../topology/define.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import type { OrderState } from '../../topology/runtime/state.ts';
import { isFinal, violationsOf } from './invariants.ts';
import { nodeOf, world, type World } from './world.ts';

const CANCEL = nodeOf('cancel');
const INTERRUPTS = orderFlow.nodes.filter(({ kind }) => kind === 'interrupt');

/** Holds calls of the store back until it is opened. */
function gate(): { passed: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

/** The former owner's calls: `calls` of them in time, all others when the gate is open. */
const delayed = (calls: number, passed: Promise<void>) => (state: OrderState): OrderState => {
  let made = 0;
  const inTime = async (): Promise<void> => {
    if (made++ >= calls) await passed;
  };
  return {
    ...state,
    begin: async (...args) => (await inTime(), state.begin(...args)),
    read: async (...args) => (await inTime(), state.read(...args)),
    note: async (...args) => (await inTime(), state.note(...args)),
    complete: async (...args) => (await inTime(), state.complete(...args)),
  };
};

/** What happens while the order's last step runs, and after it is written, before its caller learns of it. */
const duringNotify = (running: () => Promise<void>, written: () => Promise<void>) => (state: OrderState): OrderState => ({
  ...state,
  async begin(orderId, step, ...rest) {
    const begun = await state.begin(orderId, step, ...rest);
    if (step.startsWith('notify:') && begun.kind === 'run') await running();
    return begun;
  },
  async complete(completion) {
    const completed = await state.complete(completion);
    if (completion.step.startsWith('notify:') && completed.kind === 'done') await written();
    return completed;
  },
});

test('a cancel command is answered as its new owner has answered it, where the former one finds the order at rest', async () => {
  const late = gate();
  let former: Promise<void> | null = null;
  let orderId = '';
  const it: World = world({
    state: duringNotify(
      async () => {
        it.cancel(orderId);
        former = it.flow.runFenced(CANCEL, delayed(1, late.passed));
        await it.flow.runOne(CANCEL);
      },
      async () => {
        late.open();
        await former;
      },
    ),
  });
  orderId = await it.place();
  await it.flow.runOne(CANCEL);
  await it.flow.run();
  expect(former).not.toBeNull();
  expect(await it.status(orderId)).toBe('Refunded');
  expect(await violationsOf(it, [orderId], ['IA101'])).toEqual([]);
  expect(await it.seats()).toEqual({ held: 0, sold: 0 });
});

test('a new owner that meets a cancel mark is overtaken by the former one, which brings the order to its end: it is cancelled from there', async () => {
  const late = gate();
  let former: Promise<void> | null = null;
  let overtaken = false;
  const it: World = world({
    state: (state) => ({
      ...state,
      async begin(orderId, step, ...rest) {
        if (step.startsWith('notify:') && !former) {
          const begun = gate();
          const first = async (...args: Parameters<OrderState['begin']>) => state.begin(...args).finally(begun.open);
          former = it.flow.runFenced(nodeOf('notify'), (shared) => delayed(1, late.passed)({ ...shared, begin: first }));
          await begun.passed;
          it.cancel(orderId);
          await it.flow.runOne(CANCEL);
        }
        return state.begin(orderId, step, ...rest);
      },
      async complete(completion) {
        if (completion.step.startsWith('notify:') && !overtaken) {
          overtaken = true;
          late.open();
          await former;
        }
        return state.complete(completion);
      },
    }),
  });
  const orderId = await it.place();
  await it.flow.runOne(CANCEL);
  await it.flow.run();
  expect(overtaken).toBe(true);
  expect(await it.status(orderId)).toBe('Refunded');
  expect(await violationsOf(it, [orderId], ['IA101'])).toEqual([]);
  expect(await it.seats()).toEqual({ held: 0, sold: 0 });
});

const FLIGHTS = ['IA101', 'IA901', 'IA903'];
const arbitraryPlan = fc.array(
  fc.record({
    flight: fc.constantFrom(...FLIGHTS),
    token: fc.constantFrom('tok_visa', 'tok_visa', 'tok_declined', 'tok_3ds'),
    cancelAt: fc.option(fc.nat(14), { nil: null }),
    authenticateAt: fc.option(fc.nat(14), { nil: null }),
  }),
  { minLength: 1, maxLength: 3 },
);
const arbitraryFormer = fc.array(
  fc.record({ at: fc.nat(40), node: fc.constantFrom('cancel', 'cancel', 'authenticate', 'expire-holds', ...orderFlow.nodes.map(({ name }) => name)), calls: fc.nat(3), stays: fc.nat(12) }),
  { maxLength: 5 },
);

describe.each([{ chained: false }, { chained: true }])('former owners whose calls come late, at any step (chained: $chained)', ({ chained }) => {
  test('leave seats, money, tickets and histories right', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryPlan, arbitraryFormer, fc.array(fc.nat(1_000), { minLength: 1, maxLength: 40 }), async (plan, formers, choices) => {
        const it = world({ chained });
        const orders = await Promise.all(plan.map((each) => it.command(each)));
        for (const command of orders) it.flow.pipe(command);
        for (const _ of orders) for (const node of INTERRUPTS) await it.flow.runOne(node);
        const lingering: { until: number; open: () => void; done: Promise<void> }[] = [];
        let taken = 0;
        const pick = async (ready: FlowNode[]): Promise<FlowNode> => {
          for (const each of lingering.filter(({ until }) => until === taken)) {
            each.open();
            await each.done;
          }
          for (const { node, calls, stays } of formers.filter(({ at }) => at === taken)) {
            const late = gate();
            const done = it.flow.runFenced(nodeOf(node), delayed(calls, late.passed));
            if (done) lingering.push({ until: taken + 1 + stays, open: late.open, done });
          }
          for (const [index, { orderId }] of orders.entries()) {
            if (plan[index]?.cancelAt === taken) it.cancel(orderId);
            if (plan[index]?.authenticateAt === taken) it.authenticate(orderId, 'authenticated');
          }
          taken += 1;
          return ready[(choices[taken % choices.length] as number) % ready.length] as FlowNode;
        };
        await it.flow.run(pick);
        for (const { open, done } of lingering) {
          open();
          await done;
        }
        await it.flow.run();
        await it.outlastHolds();
        expect(await violationsOf(it, orders.map(({ orderId }) => orderId), FLIGHTS)).toEqual([]);
        for (const { orderId } of orders) expect(isFinal(await it.status(orderId))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

import { expect, test } from 'vitest';
import { COMMAND_WINDOW_MS, LONGEST_AHEAD_MS } from '../../topology/runtime/command-window.ts';
import { headTtlMs } from '../../topology/runtime/state-keys.ts';
import { FINAL } from '../../topology/order-states.ts';
import { headerText } from '../../topology/runtime/headers.ts';
import { START, world, type World } from './world.ts';

const codesOf = (it: World): (string | undefined)[] => it.flow.deadLetters('receive').map(({ headers }) => headerText(headers, 'x-error-code'));

test.each([
  ['as old as the window', START - COMMAND_WINDOW_MS, []],
  ['older', START - COMMAND_WINDOW_MS - 1, ['too_old']],
  ['a little ahead of our clock', START + LONGEST_AHEAD_MS, []],
  ['from the future', START + LONGEST_AHEAD_MS + 1, ['issued_in_future']],
])('a place command %s', async (_, issuedAt, codes) => {
  const it = world();
  it.flow.pipe({ ...(await it.command()), issuedAt });
  await it.flow.run();
  expect(codesOf(it)).toEqual(codes);
  expect(await it.flow.events()).toHaveLength(codes.length > 0 ? 0 : 9);
});

test('a repeat of a command whose order is forgotten starts it no second time', async () => {
  const it = world();
  const command = await it.command();
  it.flow.pipe(command);
  await it.flow.run();
  await it.advance(headTtlMs('Cancelled') as number);
  const forgetful = world({ state: () => it.memory });
  it.memory.lose();
  it.memory.renew();
  forgetful.flow.now = it.flow.now;
  forgetful.flow.pipe(command);
  await forgetful.flow.run();
  expect(codesOf(forgetful)).toEqual(['too_old']);
});

test('whatever a command started is remembered for as long as the command may be repeated', () => {
  for (const status of FINAL) expect(headTtlMs(status)).toBeGreaterThanOrEqual(COMMAND_WINDOW_MS + LONGEST_AHEAD_MS);
});

test('the repeat of a young command finds its order, however old it is by then', async () => {
  const it = world();
  const command = await it.command();
  it.flow.pipe(command);
  await it.flow.run();
  await it.advance(COMMAND_WINDOW_MS * 2);
  it.flow.pipe(command);
  await it.flow.run();
  expect(await it.flow.events()).toHaveLength(9);
  expect(codesOf(it)).toEqual([]);
});

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const SESSION_PRIORITY = '/proc/self/autogroup';
const PROGRAM = `
  import { existsSync, readFileSync } from 'node:fs';
  import { getPriority } from 'node:os';
  const { giveWay } = await import('${new URL('../../../topology/runtime/give-way.ts', import.meta.url).href}');
  giveWay();
  const session = existsSync('${SESSION_PRIORITY}') ? readFileSync('${SESSION_PRIORITY}', 'utf8') : 'none';
  console.log(JSON.stringify([getPriority(), session.trim().split(' ').at(-1)]));`;

/** Priority of the process's thread, and of its session: `none` without the file, empty where the session has no priority of its own. */
function prioritiesOf(program: string, options: object): [number, string] {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  return JSON.parse(spawnSync(process.execPath, args, { encoding: 'utf8', ...options }).stdout);
}

const ofSessions = existsSync(SESSION_PRIORITY) ? readFileSync(SESSION_PRIORITY, 'utf8').trim().split(' ').at(-1) : 'none';

it('puts a process of a session of its own behind others, and its session', () => {
  expect(prioritiesOf(PROGRAM, { detached: true })).toEqual([5, ofSessions === 'none' ? 'none' : '5']);
});

it("leaves others' session as it is", () => {
  expect(prioritiesOf(PROGRAM, {})).toEqual([5, ofSessions]);
});

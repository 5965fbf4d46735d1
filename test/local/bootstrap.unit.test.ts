import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** A clone of a few files, so that installing and starting can be looked at apart from the product. */
let clone: string;

beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'iaros-clone-'));
  await mkdir(join(clone, 'topology', 'local'), { recursive: true });
  await cp(
    join(import.meta.dirname, '../../topology/local/bootstrap.mjs'),
    join(clone, 'topology/local/bootstrap.mjs'),
  );
  await writeFile(
    join(clone, 'package-lock.json'),
    lock({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0', optional: true } }),
  );
});
afterEach(() => rm(clone, { recursive: true }));

const lock = (packages: object) => JSON.stringify({ lockfileVersion: 3, packages });

async function installed(packages: object): Promise<void> {
  await mkdir(join(clone, 'node_modules', '.bin'), { recursive: true });
  await writeFile(join(clone, 'node_modules', '.package-lock.json'), lock(packages));
}

async function npmThat(script: string): Promise<string> {
  const tools = join(clone, 'tools');
  await mkdir(tools);
  await symlink('/bin/sh', join(tools, 'sh'));
  await writeFile(join(tools, 'npm'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return tools;
}

function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [join(clone, 'topology/local/bootstrap.mjs'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return { child, output: () => output, exit: once(child, 'close').then(([code]) => code as number) };
}

test('with all packages in place the entry runs at once, with its arguments, and its exit code is ours', async () => {
  await installed({ 'node_modules/a': { version: '1.0.0' } });
  await writeFile(
    join(clone, 'topology/local/start.ts'),
    'const code: number = 7; console.log(process.argv.slice(2).join()); process.exit(code);',
  );
  const { exit, output } = run(['start', '--demo', '5'], { PATH: '' });
  expect(await exit).toBe(7);
  expect(output()).toBe('--demo,5\n');
});

test.each([
  ['missing', undefined],
  ['older than the lock file', { 'node_modules/a': { version: '0.9.0' } }],
  ['incomplete', {}],
])('packages that are %s are installed first', async (_, before) => {
  if (before) await installed(before);
  await writeFile(join(clone, 'topology/local/start.ts'), "console.log('started');");
  const tools = await npmThat('echo "npm $*" >> npm-calls; exec 2>/dev/null');
  const { exit, output } = run(['start'], { PATH: tools });
  expect(await exit).toBe(0);
  expect(output()).toMatch(
    /^installing npm packages .*\n(installing npm packages: \d+ s\n)*npm packages are installed after \d+ s\nstarted\n$/,
  );
});

test('an install that fails shows what npm says and how to go on', async () => {
  const tools = await npmThat('echo "npm error 404 not here" >&2; exit 1');
  const { exit, output } = run(['start'], { PATH: tools });
  expect(await exit).toBe(1);
  expect(output()).toMatch(/npm error 404 not here\nThe packages could not be installed: see what npm says above/);
});

test('a full disk is told apart', async () => {
  const tools = await npmThat('echo "npm error code ENOSPC" >&2; exit 1');
  const { exit, output } = run(['start'], { PATH: tools });
  expect(await exit).toBe(1);
  expect(output()).toMatch(/The disk under .* is full: free some space there and try again\.\n$/);
});

test('no npm and no such command are one sentence each', async () => {
  const without = run(['start'], { PATH: join(clone, 'nothing') });
  expect(await without.exit).toBe(1);
  expect(without.output()).toMatch(
    /\nThe packages cannot be installed, npm does not run \(.*\): install Node\.js with npm\.\n$/,
  );
  const unknown = run(['strat']);
  expect(await unknown.exit).toBe(1);
  expect(unknown.output()).toMatch(/^There is no command strat: use one of start, test, .*\.\n$/);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s is passed on and the end of the entry awaited', async (signal) => {
  await installed({ 'node_modules/a': { version: '1.0.0' } });
  const script = `process.on('${signal}', () => setTimeout(() => { console.log('drained'); process.exit(0); }, 100)); setInterval(() => {}, 1000); console.log('up');`;
  await writeFile(join(clone, 'topology/local/start.ts'), script);
  const { child, exit, output } = run(['start']);
  await once(child.stdout, 'data');
  child.kill(signal);
  expect(await exit).toBe(0);
  expect(output()).toBe('up\ndrained\n');
});

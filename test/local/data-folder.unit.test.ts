import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isOwned, leaveDataFolder, notePid, takeDataFolder } from '../../topology/local/data-folder.ts';
import { wipeDataFolder } from '../../topology/local/fresh.ts';
import { identify, isAlive, stopProcess } from '../../topology/runtime/process-identity.ts';
import { localSecrets } from '../../topology/local/secrets.ts';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iaros-folder-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** A process that runs until it is stopped; `stubborn` ones do not care for SIGTERM. */
async function sleeper(stubborn = false): Promise<number> {
  const script = `${stubborn ? "process.on('SIGTERM', () => {});" : ''} setInterval(() => {}, 1000); console.log('up');`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid as number;
}

test('a live process keeps its identity, an ended one has none, and its pid given away again is another process', async () => {
  const pid = await sleeper();
  const identity = identify(pid);
  expect(identity && isAlive(identity)).toBe(true);
  expect(isAlive({ pid, born: 'long ago' })).toBe(false);
  await stopProcess(identity as never, 'SIGTERM', 5_000);
  expect(identify(pid)).toBeUndefined();
});

test('a process that does not listen is killed when patience ends', async () => {
  const identity = identify(await sleeper(true));
  await stopProcess(identity as never, 'SIGTERM', 50);
  expect(isAlive(identity as never)).toBe(false);
});

test('a folder that a live process owns is refused, by its pid', async () => {
  const pid = await sleeper();
  await writeFile(join(folder, 'owner.json'), JSON.stringify(identify(pid)));
  await expect(takeDataFolder(folder, () => {})).rejects.toThrow(`is in use by process ${pid}: stop that one`);
  await expect(wipeDataFolder(folder, () => {})).rejects.toThrow('is in use');
});

test('taking a folder stops what a killed run left behind, and only that', async () => {
  const [server, stranger] = [await sleeper(), await sleeper()];
  await mkdir(join(folder, 'pids'));
  await writeFile(join(folder, 'owner.json'), JSON.stringify({ pid: stranger, born: 'before' }));
  await writeFile(join(folder, 'pids', 'redis.json'), JSON.stringify(identify(server)));
  await writeFile(join(folder, 'pids', 'kafka.json'), JSON.stringify({ pid: stranger, born: 'before' }));
  const said: string[] = [];
  await takeDataFolder(folder, (line) => said.push(line));
  expect(said).toEqual([`stopping redis (pid ${server}), left over from an earlier run`]);
  expect(identify(server)).toBeUndefined();
  expect(identify(stranger)).toBeDefined();
  expect(await isOwned(folder)).toBe(true);
  await leaveDataFolder(folder);
  expect(await isOwned(folder)).toBe(false);
});

test('a noted pid is forgotten only by its own process', async () => {
  await takeDataFolder(folder, () => {});
  const [first, second] = [await sleeper(), await sleeper()];
  const forgetFirst = await notePid(folder, 'redis', first);
  await notePid(folder, 'redis', second);
  await forgetFirst();
  expect(JSON.parse(await readFile(join(folder, 'pids', 'redis.json'), 'utf8')).pid).toBe(second);
});

test('fresh removes what is ours and leaves the rest', async () => {
  await mkdir(join(folder, 'kafka'));
  await writeFile(join(folder, 'kafka', 'log'), 'x');
  await writeFile(join(folder, 'letter.txt'), 'not ours');
  await wipeDataFolder(folder, () => {});
  expect(existsSync(join(folder, 'kafka'))).toBe(false);
  expect(await readFile(join(folder, 'letter.txt'), 'utf8')).toBe('not ours');
});

test('secrets are made once, readable by their owner alone, and given ones win', async () => {
  const made = await localSecrets(folder, {});
  expect(Buffer.from(made.masterKey, 'base64')).toHaveLength(32);
  expect(await localSecrets(folder, {})).toEqual(made);
  expect((await stat(join(folder, 'secrets', 'master-key'))).mode & 0o777).toBe(0o600);
  expect(await localSecrets(folder, { IAROS_DEV_KEY: 'dev_given_by_the_environment' })).toEqual({
    ...made,
    devKey: 'dev_given_by_the_environment',
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LocalFault } from '../../topology/local/fault.ts';
import { identify } from '../../topology/runtime/process-identity.ts';
import type { WorkerSpec } from '../../topology/local/processes.ts';
import { restartDelay } from '../../topology/local/restart-delay.ts';
import { type Supervisor, supervise } from '../../topology/local/supervisor.ts';

/** Workers of a few lines each: they note what happens to them in one file. */
let dataDir: string;
let said: string[];
let changes: number;
let running: Supervisor | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'iaros-supervisor-'));
  await mkdir(join(dataDir, 'logs'));
  await mkdir(join(dataDir, 'pids'));
  [said, changes, running] = [[], 0, undefined];
});
afterEach(async () => {
  running?.kill();
  await vi.waitFor(() => expect(Object.keys(running?.pids() ?? {})).toEqual([]));
  await rm(dataDir, { recursive: true, force: true });
});

const notes = async () => (await readFile(join(dataDir, 'notes'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

async function worker(name: string, body: string): Promise<WorkerSpec> {
  const entry = join(dataDir, `${name}.mjs`);
  await writeFile(
    entry,
    `import { appendFileSync } from 'node:fs';
     const note = (what) => appendFileSync(${JSON.stringify(join(dataDir, 'notes'))}, '${name} ' + what + '\\n');
     setInterval(() => {}, 1000);
     ${body}`,
  );
  return { name, entry, args: [], env: { PATH: process.env['PATH'] } };
}

const DRAINS =
  "process.on('SIGTERM', () => setTimeout(() => { note('stopped'); process.exit(0); }, 50)); process.send('ready');";

function supervised(...specs: WorkerSpec[]): Supervisor {
  running = supervise(specs, { dataDir, say: (line) => said.push(line), changed: () => void (changes += 1) });
  return running;
}

test('start waits for every worker, stop drains them one after another in their order', async () => {
  const late = await worker(
    'late',
    "setTimeout(() => { note('ready'); process.send('ready'); }, 200); process.on('SIGTERM', () => { note('stopped'); process.exit(0); });",
  );
  const supervisor = supervised(await worker('first', DRAINS), late, await worker('last', DRAINS));
  await supervisor.start();
  expect(await notes()).toEqual(['late ready']);
  expect(Object.keys(supervisor.pids())).toEqual(['first', 'late', 'last']);
  await supervisor.stop();
  expect(await notes()).toEqual(['late ready', 'first stopped', 'late stopped', 'last stopped']);
  expect(supervisor.pids()).toEqual({});
});

test('who waits for the others starts when they are ready', async () => {
  const first = await worker('first', `setTimeout(() => { note('ready'); ${DRAINS} }, 200);`);
  const after = await worker('after', "note('begins'); process.send('ready');");
  const supervisor = supervised({ ...after, afterOthers: true }, first);
  await supervisor.start();
  expect(await notes()).toEqual(['first ready', 'after begins']);
  await supervisor.stop();
});

test('a worker that ends by itself is started again with a new pid', async () => {
  const supervisor = supervised(await worker('pipeline', DRAINS));
  await supervisor.start();
  const before = supervisor.pids()['pipeline'] as number;
  process.kill(before, 'SIGKILL');
  await vi.waitFor(() => expect(supervisor.pids()['pipeline']).toSatisfy((pid) => pid > 0 && pid !== before), {
    timeout: 10_000,
  });
  expect(said).toContain('pipeline ended (SIGKILL), starting it again');
  await vi.waitFor(() => expect(changes).toBe(2));
  const noted = JSON.parse(await readFile(join(dataDir, 'pids', 'pipeline.json'), 'utf8'));
  expect(noted.pid).toBe(supervisor.pids()['pipeline']);
});

test('a worker that never gets ready fails the start in one sentence, and the others are stopped', async () => {
  const broken = await worker('broken', "note('tried'); throw new TypeError('the settings are wrong');");
  const supervisor = supervised(await worker('sound', DRAINS), broken);
  const fault = await supervisor.start().then(
    () => undefined,
    (error) => error,
  );
  expect(fault).toBeInstanceOf(LocalFault);
  expect(fault.message).toMatch(
    /^broken does not start \(exit code 1\): TypeError: the settings are wrong \(log: .*broken\.log\)\.$/,
  );
  expect(await notes()).toEqual([...Array(4).fill('broken tried'), 'sound stopped']);
});

test('logs go to their files; warnings also to the console, once while they repeat', async () => {
  const supervisor = supervised(
    await worker(
      'talker',
      `${DRAINS} for (let i = 0; i < 3; i++) console.log('{"level":"warn","msg":"slow"}'); console.log('{"level":"info","msg":"fine"}');`,
    ),
  );
  await supervisor.start();
  await vi.waitFor(async () => expect(await readFile(join(dataDir, 'logs', 'talker.log'), 'utf8')).toMatch(/fine/));
  await vi.waitFor(() => expect(said).toEqual(['talker: warn slow']));
  await supervisor.stop();
});

test('the tie to the supervisor keeps no worker running that has nothing left to do', async () => {
  const spec = await worker('brief', "note('begins'); process.send('ready');");
  await writeFile(spec.entry, (await readFile(spec.entry, 'utf8')).replace(/setInterval.*\n/, ''));
  const supervisor = supervised(spec);
  await supervisor.start();
  await vi.waitFor(() => expect(said).toContain('brief ended (exit code 0), starting it again'));
});

test('workers drain when their supervisor is killed', async () => {
  const spec = await worker('orphan', DRAINS);
  const script = `
    import { supervise } from ${JSON.stringify(join(import.meta.dirname, '../../topology/local/supervisor.ts'))};
    const supervisor = supervise([${JSON.stringify(spec)}], { dataDir: ${JSON.stringify(dataDir)}, say: () => {}, changed: () => {} });
    await supervisor.start();
    console.log(supervisor.pids().orphan);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed] = await once(parent.stdout, 'data');
  const pid = Number(printed.toString());
  expect(identify(pid)).toBeDefined();
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(identify(pid)).toBeUndefined(), { timeout: 10_000 });
  expect(await notes()).toEqual(['orphan stopped']);
});

test('the wait before a restart doubles from 200 ms to 5 s', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map(restartDelay)).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
});

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultSetting } from '../../connectors/sandbox/faults.ts';

export const SANDBOX_MAIN = join(import.meta.dirname, '../../connectors/sandbox/main.ts');

/** The sandbox as `npm start` runs it: its own process, on a free port, with a data folder of its own. */
export interface SandboxProcess {
  url: string;
  dataDir: string;
  /** Everything it has printed so far. */
  output(): string;
  /** Kills it without warning and starts it over with the same data and port. */
  restart(): Promise<void>;
  faults: { set(fault: FaultSetting): Promise<void>; clear(): Promise<void> };
  /** Asks it to stop; answers its exit code. */
  stop(): Promise<number | null>;
  /** Kills it where it still runs, and removes its data. */
  close(): Promise<void>;
}

export async function startSandbox(): Promise<SandboxProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'iaros-sandbox-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const printed: Buffer[] = [];
  let child: ChildProcess;

  const start = async (): Promise<void> => {
    const env = { ...process.env, IAROS_SANDBOX_URL: url, IAROS_DATA_DIR: dataDir, IAROS_LOG_LEVEL: 'trace' };
    child = fork(SANDBOX_MAIN, [], { env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    child.stdout!.on('data', (chunk: Buffer) => printed.push(chunk));
    child.stderr!.on('data', (chunk: Buffer) => printed.push(chunk));
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the sandbox did not start: ${Buffer.concat(printed)}`);
    });
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => {});
  };
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exit = once(child, 'exit');
    child.kill(signal);
    return (await exit)[0] as number | null;
  };
  const faults = async (method: string, body?: FaultSetting): Promise<void> => {
    const answer = await fetch(`${url}/faults`, { method, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} /faults answered ${answer.status}: ${await answer.text()}`);
  };

  await start();
  return {
    url,
    dataDir,
    output: () => Buffer.concat(printed).toString(),
    faults: { set: (fault) => faults('POST', fault), clear: () => faults('DELETE') },
    restart: async () => {
      await end('SIGKILL');
      await start();
    },
    stop: () => end('SIGTERM'),
    close: async () => {
      await end('SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

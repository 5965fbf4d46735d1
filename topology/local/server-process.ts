import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { notePid } from './data-folder.ts';
import { fullDisk, LocalFault } from './fault.ts';

export interface ServerCommand {
  /** Names the log (`<dataDir>/logs/<name>.log`) and the pid file. */
  name: string;
  command: string;
  args: string[];
  dataDir: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Resolves once the server answers, rejects while it does not. Called again and again. */
  isHealthy: () => Promise<unknown>;
  stopSignal?: NodeJS.Signals;
  healthyWithinMs?: number;
}

export interface ServerProcess {
  pid: number;
  stop(): Promise<void>;
}

const STOP_PATIENCE_MS = 20_000;
const LARGEST_LOG = 20 * 1024 ** 2;

/**
 * Starts a server in a process group of its own, so that Ctrl-C reaches the supervisor alone, and waits until it answers.
 * @throws LocalFault with the last words of its log when it ends early or stays silent.
 */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const logFile = join(server.dataDir, 'logs', `${server.name}.log`);
  const child = await launch(server, logFile);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const forget = child.pid ? await notePid(server.dataDir, server.name, child.pid) : async () => {};
  const stop = async () => {
    if (child.pid && child.exitCode === null && child.signalCode === null) await end(child, server.stopSignal ?? 'SIGTERM');
    await forget();
  };
  try {
    await healthy(server, ended, logFile);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: child.pid as number, stop };
}

async function launch(server: ServerCommand, logFile: string): Promise<ChildProcess> {
  const size = await stat(logFile).then((it) => it.size, () => 0);
  if (size > LARGEST_LOG) await rename(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a');
  const options: SpawnOptions = { stdio: ['ignore', log, log], detached: true, env: server.env ?? process.env };
  if (server.cwd) options.cwd = server.cwd;
  if (server.uid !== undefined) Object.assign(options, { uid: server.uid, gid: server.gid });
  try {
    return spawn(server.command, server.args, options);
  } finally {
    closeSync(log);
  }
}

async function healthy(server: ServerCommand, ended: Promise<string>, logFile: string): Promise<void> {
  const limitMs = server.healthyWithinMs ?? 90_000;
  const deadline = Date.now() + limitMs;
  let ending: string | undefined;
  void ended.then((how) => {
    ending = how;
  });
  for (;;) {
    const answered = await Promise.race([server.isHealthy().then(() => true, () => false), ended.then(() => false)]);
    if (ending !== undefined) throw await endedEarly(server, ending, logFile);
    if (answered) return;
    if (Date.now() > deadline) {
      throw new LocalFault(`${server.name} did not answer within ${limitMs / 1000} s: see ${logFile}.`);
    }
    await sleep(50);
  }
}

async function endedEarly(server: ServerCommand, how: string, logFile: string): Promise<LocalFault> {
  const log = await readFile(logFile, 'utf8').catch(() => '');
  const tail = log.trim().split('\n').slice(-20);
  const telling = tail.findLast((line) => /error|fatal|exception|denied|in use/i.test(line)) ?? tail.at(-1) ?? '';
  return (
    fullDisk(tail.join('\n'), server.dataDir) ??
    new LocalFault(`${server.name} stopped while starting (${how}): ${telling.trim().slice(0, 300)} (log: ${logFile}).`)
  );
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = once(child, 'exit');
  child.kill(signal);
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
  await gone;
  clearTimeout(killer);
}

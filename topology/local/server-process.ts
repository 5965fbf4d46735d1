import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { notePid } from './data-folder.ts';
import { fullDisk, LocalFault } from './fault.ts';
import type { PartContext } from './part.ts';
import { restartDelay } from './restart-delay.ts';

export interface ServerCommand {
  /** Names the log (`<dataDir>/logs/<name>.log`) and the pid file. */
  name: string;
  command: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string>;
  uid?: number;
  gid?: number;
  /** Resolves once the server answers, rejects while it does not. Called again and again. */
  isHealthy: () => Promise<unknown>;
  /** Runs before each launch. */
  prepare?: () => Promise<unknown>;
  stopSignal?: NodeJS.Signals;
}

const HEALTHY_WITHIN_MS = 90_000;
const STOP_PATIENCE_MS = 20_000;
const LARGEST_LOG = 20 * 1024 ** 2;

/** One server of the stack: started, watched, started again when it ends by itself, stopped. */
export class ServerProcess {
  readonly #server: ServerCommand;
  readonly #context: PartContext;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #ended: Promise<string> = Promise.resolve('not started');
  #wanted = false;

  constructor(server: ServerCommand, context: PartContext) {
    this.#server = server;
    this.#context = context;
    this.#logFile = join(context.dataDir, 'logs', `${server.name}.log`);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts the server and waits until it answers.
   * @throws LocalFault with the last words of its log when it ends early or stays silent.
   */
  async start(): Promise<void> {
    this.#wanted = true;
    try {
      await this.#launch();
    } catch (error) {
      await this.stop();
      throw error;
    }
    void this.#watch();
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (!child) return;
    child.kill(this.#server.stopSignal ?? 'SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    await this.#ended;
    clearTimeout(killer);
  }

  /** Ends the server without asking it: for a supervisor that must leave at once. */
  kill(): void {
    this.#wanted = false;
    this.#child?.kill('SIGKILL');
  }

  async #launch(): Promise<void> {
    await this.#server.prepare?.();
    const child = await this.#spawn();
    this.#child = child;
    const forget = child.pid ? await notePid(this.#context.dataDir, this.#server.name, child.pid) : async () => {};
    this.#ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    }).then(async (how) => {
      if (this.#child === child) this.#child = undefined;
      await forget();
      return how;
    });
    await this.#healthy();
    this.#context.changed();
  }

  async #watch(): Promise<void> {
    const { name } = this.#server;
    for (let failures = 0; ; ) {
      const how = await this.#ended;
      if (!this.#wanted) return;
      this.#context.say(`${name} ended (${how}), starting it again`);
      await sleep(restartDelay(failures));
      if (!this.#wanted) return;
      failures = await this.#launch().then(
        () => 0,
        (error: Error) => {
          this.#context.say(error.message);
          return failures + 1;
        },
      );
    }
  }

  /** In a process group of its own, so that Ctrl-C reaches the supervisor alone. */
  async #spawn(): Promise<ChildProcess> {
    const { command, args, cwd, uid, gid, env } = this.#server;
    const size = await stat(this.#logFile).then(
      (it) => it.size,
      () => 0,
    );
    if (size > LARGEST_LOG) await rename(this.#logFile, `${this.#logFile}.1`);
    const log = openSync(this.#logFile, 'a');
    const options: SpawnOptions = {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...this.#context.env, ...env },
    };
    if (cwd) options.cwd = cwd;
    if (uid !== undefined && gid !== undefined) Object.assign(options, { uid, gid });
    try {
      return spawn(command, args, options);
    } finally {
      closeSync(log);
    }
  }

  async #healthy(): Promise<void> {
    const deadline = Date.now() + HEALTHY_WITHIN_MS;
    let ending: string | undefined;
    const ended = this.#ended.then((how) => {
      ending = how;
      return false;
    });
    for (;;) {
      const answered = await Promise.race([
        this.#server.isHealthy().then(
          () => true,
          () => false,
        ),
        ended,
      ]);
      if (ending !== undefined) throw await this.#endedEarly(ending);
      if (answered) return;
      if (Date.now() > deadline) {
        throw new LocalFault(
          `${this.#server.name} did not answer within ${HEALTHY_WITHIN_MS / 1000} s: see ${this.#logFile}.`,
        );
      }
      await sleep(50);
    }
  }

  async #endedEarly(how: string): Promise<LocalFault> {
    const log = await readFile(this.#logFile, 'utf8').catch(() => '');
    const tail = log.trim().split('\n').slice(-20);
    const telling = tail.findLast((line) => /error|fatal|exception|denied|in use/i.test(line)) ?? tail.at(-1) ?? '';
    const reason = `${this.#server.name} stopped while starting (${how}): ${telling.trim().slice(0, 300)} (log: ${this.#logFile}).`;
    return fullDisk(tail.join('\n'), this.#context.dataDir) ?? new LocalFault(reason);
  }
}

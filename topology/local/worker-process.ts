import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { notePid } from './data-folder.ts';
import { LocalFault } from './fault.ts';
import { LogFile } from './log-file.ts';
import { consoleLine } from './log-line.ts';
import type { WorkerSpec } from './processes.ts';
import { restartDelay } from './restart-delay.ts';

export interface WorkerContext {
  dataDir: string;
  say: (line: string) => void;
  /** Called when the worker has a new pid. */
  changed: () => void;
}

const TETHER = join(import.meta.dirname, 'worker-tether.ts');
/** A worker that ran this long starts its next crash with the shortest delay again. */
const STABLE_MS = 30_000;
const STOP_PATIENCE_MS = 20_000;
const READY_WITHIN_MS = 90_000;
/** Ends before it was ever ready: after so many, starting has failed. */
const FALSE_STARTS = 4;
const SAME_LINE_EVERY_MS = 10_000;

/** One worker: started, told ready by its message 'ready', started again when it ends by itself, stopped. */
export class WorkerProcess {
  readonly name: string;
  readonly afterOthers: boolean;
  readonly #spec: WorkerSpec;
  readonly #context: WorkerContext;
  readonly #log: LogFile;
  readonly #said = new Map<string, number>();
  #child: ChildProcess | undefined;
  #ended: Promise<string> = Promise.resolve('not started');
  #wanted = false;
  #lastWords = '';
  readonly #ready = Promise.withResolvers<void>();

  constructor(spec: WorkerSpec, context: WorkerContext) {
    this.name = spec.name;
    this.afterOthers = spec.afterOthers ?? false;
    this.#spec = spec;
    this.#context = context;
    this.#log = new LogFile(join(context.dataDir, 'logs', `${spec.name}.log`));
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the worker and waits until it is ready. @throws LocalFault when it keeps ending before, or stays silent. */
  async start(): Promise<void> {
    this.#wanted = true;
    void this.#keepRunning();
    const limit = setTimeout(
      () =>
        this.#ready.reject(
          new LocalFault(`${this.name} was not ready within ${READY_WITHIN_MS / 1000} s${this.#seeLog()}`),
        ),
      READY_WITHIN_MS,
    );
    try {
      await this.#ready.promise;
    } finally {
      clearTimeout(limit);
    }
  }

  /** Asks the worker to finish what it is at; one that does not end in time is killed. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (child) {
      child.kill('SIGTERM');
      const killer = setTimeout(() => {
        this.#context.say(`${this.name} did not stop within ${STOP_PATIENCE_MS / 1000} s, ending it`);
        child.kill('SIGKILL');
      }, STOP_PATIENCE_MS);
      await this.#ended;
      clearTimeout(killer);
    }
    this.#log.close();
  }

  kill(): void {
    this.#wanted = false;
    this.#child?.kill('SIGKILL');
  }

  async #keepRunning(): Promise<void> {
    let [failures, everReady] = [0, false];
    void this.#ready.promise.then(
      () => {
        everReady = true;
      },
      () => {},
    );
    while (this.#wanted) {
      const started = Date.now();
      await this.#launch();
      const how = await this.#ended;
      if (!this.#wanted) return;
      failures = Date.now() - started > STABLE_MS ? 0 : failures + 1;
      if (!everReady && failures >= FALSE_STARTS) {
        this.#wanted = false;
        this.#ready.reject(new LocalFault(`${this.name} does not start (${how})${this.#seeLog()}`));
        return;
      }
      this.#context.say(`${this.name} ended (${how}), starting it again`);
      await sleep(restartDelay(failures - 1));
    }
  }

  async #launch(): Promise<void> {
    const { nodeFlags = [], entry, args, env } = this.#spec;
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--import', TETHER, ...nodeFlags, entry, ...args],
      {
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    this.#child = child;
    child.on('message', (message) => {
      if (message === 'ready') this.#ready.resolve();
    });
    this.#ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    }).then((how) => {
      if (this.#child === child) this.#child = undefined;
      return how;
    });
    this.#read(child);
    if (!child.pid) return;
    const forget = await notePid(this.#context.dataDir, this.name, child.pid);
    void this.#ended.then(forget);
    this.#context.changed();
  }

  #read(child: ChildProcess): void {
    for (const stream of [child.stdout, child.stderr]) {
      const lines = new PassThrough();
      stream?.on('data', (chunk: Buffer) => this.#log.write(chunk)).pipe(lines);
      createInterface({ input: lines }).on('line', (line) => this.#tell(line));
    }
  }

  /** A fault that repeats is told once in a while: the log has each. */
  #tell(line: string): void {
    const short = consoleLine(this.name, line);
    if (!short) return;
    this.#lastWords = short;
    const now = Date.now();
    if (now - (this.#said.get(short) ?? Number.NEGATIVE_INFINITY) < SAME_LINE_EVERY_MS) return;
    if (this.#said.size > 1_000) this.#said.clear();
    this.#said.set(short, now);
    this.#context.say(short);
  }

  #seeLog(): string {
    const words = this.#lastWords.replace(`${this.name}: `, '');
    return `${words ? `: ${words}` : ''} (log: ${join(this.#context.dataDir, 'logs', `${this.name}.log`)}).`;
  }
}

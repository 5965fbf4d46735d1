import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { notePid } from '../../topology/local/data-folder.ts';
import type { Addresses } from '../../topology/local/stack.ts';
import { INGRESS_NODE_FLAGS } from '../../topology/node-flags.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { createLog } from '../../topology/runtime/log.ts';
import { provision } from '../../topology/runtime/provision.ts';
import { loadConfig, type Config } from '../../topology/runtime/config.ts';

export interface InstallationOptions {
  addresses: Addresses;
  /** Folder of the sandbox's companies; its own by default. */
  sandboxDir?: string;
  /** Where the sandbox listens, if others reach it by another address: by IAROS_SANDBOX_URL of `env`. */
  sandboxUrl?: string;
  /** Every node in a process of its own; otherwise all in one, chained. */
  nodePerProcess?: boolean;
  env?: Record<string, string>;
  /** Folder of its logs and, unless said otherwise, the sandbox's companies; a new one by default. */
  dataDir?: string;
  /** Processes that may be starting side by side; the others wait. Default: any number. */
  startsAtOnce?: number;
  /** Kinds of worker to leave out. */
  without?: readonly string[];
}

/** How a process of the installation ended. */
export interface Exit {
  name: string;
  pid: number;
  signal: NodeJS.Signals | null;
}

interface Worker {
  name: string;
  args: string[];
  child: ChildProcess | null;
  ready: Promise<void>;
  env: Record<string, string>;
  /** For its next start alone. */
  onceEnv: Record<string, string>;
}

const ROOT = new URL('../..', import.meta.url).pathname;
/** Installations that share a Postgres share its customers' keys. */
const MASTER_KEY = Buffer.alloc(32, 'tests only').toString('base64');
const RESTART_AFTER_MS = 200;
/** Ends a process whose parent is gone. */
const TETHER = new URL('../../topology/local/worker-tether.ts', import.meta.url).pathname;

/** A whole installation beside the given servers: sandbox, pipeline, sinks and ingress as processes of their own, restarted when they die. */
export class Installation {
  readonly config: Config;
  readonly dataDir: string;
  readonly #env: Record<string, string>;
  readonly #workers = new Map<string, Worker>();
  readonly #exits = new EventEmitter<{ exit: [Exit] }>();
  #stopping = false;
  #freeStarts: number;
  readonly #waitingToStart: (() => void)[] = [];

  private constructor(dataDir: string, env: Record<string, string>, startsAtOnce: number) {
    this.dataDir = dataDir;
    this.#freeStarts = startsAtOnce;
    this.#env = env;
    this.config = loadConfig(env);
    this.#exits.setMaxListeners(0);
  }

  static async start(options: InstallationOptions): Promise<Installation> {
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'iaros-installation-'));
    for (const folder of ['logs', 'pids']) mkdirSync(join(dataDir, folder), { recursive: true });
    const installation = new Installation(dataDir, await environmentOf(options, dataDir), options.startsAtOnce ?? Number.POSITIVE_INFINITY);
    await provision(installation.config, { log: createLog('provision', 'warn') });
    const names = options.nodePerProcess ? orderFlow.nodes.map((node) => node.name) : ['all'];
    const wanted: [string, string[]][] = [
      ...names.map((name): [string, string[]] => [name, ['topology/cli.ts', 'run', name]]),
      ['postgres-sink', ['topology/cli.ts', 'run', 'postgres-sink']],
      ['clickhouse-sink', ['topology/cli.ts', 'run', 'clickhouse-sink']],
      ['ingress', [...INGRESS_NODE_FLAGS, 'ingress/main.ts']],
    ];
    await installation.run('sandbox', ['connectors/sandbox/main.ts'], {
      IAROS_DATA_DIR: options.sandboxDir ?? dataDir, ...(options.sandboxUrl && { IAROS_SANDBOX_URL: options.sandboxUrl }),
    });
    await Promise.all(wanted.filter(([name]) => !options.without?.includes(name)).map(([name, args]) => installation.run(name, args)));
    return installation;
  }

  get url(): string {
    return `http://127.0.0.1:${this.config.port}`;
  }

  /** Environment of its processes, for running the CLI against it. */
  get env(): Record<string, string> {
    return { ...this.#env };
  }

  get names(): string[] {
    return [...this.#workers.keys()];
  }

  pid(name: string): number {
    const pid = this.#workers.get(name)?.child?.pid;
    if (!pid) throw new Error(`${name} does not run`);
    return pid;
  }

  /** Adds a process; resolves when it says that it is ready. */
  async run(name: string, args: string[], env: Record<string, string> = {}): Promise<void> {
    const worker: Worker = { name, args, child: null, ready: Promise.resolve(), env, onceEnv: {} };
    this.#workers.set(name, worker);
    this.#start(worker);
    await worker.ready;
  }

  #start(worker: Worker, afterMs = 0): void {
    worker.ready = afterMs === 0 ? this.#inTurn(worker) : sleep(afterMs).then(() => this.#inTurn(worker));
    worker.ready.catch(() => undefined);
  }

  async #inTurn(worker: Worker): Promise<void> {
    if (this.#freeStarts <= 0) await new Promise<void>((resolve) => this.#waitingToStart.push(resolve));
    else this.#freeStarts -= 1;
    try {
      if (this.#stopping || this.#workers.get(worker.name) !== worker) throw new Error(`${worker.name} is not wanted any more`);
      await this.#spawn(worker);
    } finally {
      const next = this.#waitingToStart.shift();
      if (next) next();
      else this.#freeStarts += 1;
    }
  }

  /** Resolves when it is ready, rejects when it ends before. */
  #spawn(worker: Worker): Promise<void> {
    const log = createWriteStream(join(this.dataDir, 'logs', `${worker.name}.log`), { flags: 'a' });
    const env = { ...(process.env as Record<string, string>), ...this.#env, ...worker.env, ...worker.onceEnv, NODE_ENV: 'production' };
    worker.onceEnv = {};
    // In a process group of its own, so that Ctrl-C reaches the parent alone, which then ends it in order.
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', TETHER, ...worker.args], {
      cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true,
    });
    const forget = child.pid ? notePid(this.dataDir, worker.name, child.pid) : null;
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    worker.child = child;
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (message) => message === 'ready' && resolve());
      child.once('exit', (code, signal) => reject(new Error(`${worker.name} ended with ${code ?? signal} before it was ready; see ${this.dataDir}/logs`)));
    });
    child.once('exit', (_, signal) => {
      void forget?.then((it) => it());
      this.#exits.emit('exit', { name: worker.name, pid: child.pid ?? 0, signal });
      if (this.#stopping || this.#workers.get(worker.name) !== worker) return;
      this.#start(worker, RESTART_AFTER_MS);
    });
    return ready;
  }

  /** SIGKILLs a process; it is started again by itself. */
  kill(name: string): void {
    process.kill(this.pid(name), 'SIGKILL');
  }

  isUp(name: string): boolean {
    const child = this.#workers.get(name)?.child;
    return !!child && child.exitCode === null && child.signalCode === null;
  }

  /** Gives a process further environment, for its next start alone. */
  arm(name: string, env: Record<string, string>): void {
    const worker = this.#workers.get(name);
    if (!worker) throw new Error(`there is no ${name}`);
    worker.onceEnv = env;
  }

  /** The next exit of the process, however it comes about. Rejects when `signal` aborts. */
  async exitOf(name: string, signal?: AbortSignal): Promise<Exit> {
    for (;;) {
      const [exit] = (await once(this.#exits, 'exit', { ...(signal && { signal }) })) as [Exit];
      if (exit.name === name) return exit;
    }
  }

  onExit(listener: (exit: Exit) => void): void {
    this.#exits.on('exit', listener);
  }

  /** Resolves when the process, started again or not, has said that it is ready. */
  async readyAgain(name: string): Promise<void> {
    for (let worker = this.#workers.get(name); worker && !this.#stopping; worker = this.#workers.get(name)) {
      if (await worker.ready.then(() => true, () => false)) return;
      await sleep(RESTART_AFTER_MS);
    }
  }

  /** Takes a process away for good, with the given signal. */
  async remove(name: string, signal: NodeJS.Signals): Promise<void> {
    const worker = this.#workers.get(name);
    this.#workers.delete(name);
    await ended(worker?.child ?? null, signal);
  }

  async allReady(): Promise<void> {
    await Promise.all(this.names.map((name) => this.readyAgain(name)));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#workers.values()].map(({ child }) => ended(child, 'SIGTERM')));
  }

  /** Runs the operator CLI against this installation. */
  async iaros(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, ['topology/cli.ts', ...args], { cwd: ROOT, env: { ...(process.env as Record<string, string>), ...this.#env, NODE_ENV: 'production' } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)));
    return { code, stdout, stderr };
  }
}

async function ended(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  await gone;
}

async function environmentOf(options: InstallationOptions, dataDir: string): Promise<Record<string, string>> {
  const { addresses } = options;
  return {
    KAFKA_BROKERS: addresses.kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: addresses.schemaRegistryUrl,
    REDIS_URL: addresses.redisUrl,
    DATABASE_URL: addresses.databaseUrl,
    CLICKHOUSE_URL: addresses.clickhouseUrl,
    IAROS_SANDBOX_URL: `http://127.0.0.1:${await freePort()}`,
    IAROS_PORT: String(await freePort()),
    IAROS_DATA_DIR: dataDir,
    IAROS_MASTER_KEY: MASTER_KEY,
    IAROS_PEPPER: 'a pepper for tests only',
    IAROS_LOG_LEVEL: 'info',
    NODE_COMPILE_CACHE: join(ROOT, '.local/cache/compiled'),
    ...options.env,
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

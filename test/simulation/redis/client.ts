import type { Redis } from 'ioredis';
import { PRESENT_RUN_SCRIPT } from '../../../topology/runtime/redis-run.ts';
import { EPOCH_KEY } from '../../../topology/runtime/state-keys.ts';
import type { Chaos } from '../chaos.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { LuaScripts } from './lua.ts';
import { ReplyError, type Bytes, type RedisStore, type Reply } from './store.ts';

type Argument = string | number | Buffer;

/** The one server, and the connections to it, which a restart breaks. */
export interface RedisServer {
  store: RedisStore;
  scripts: LuaScripts;
  connections: Set<SimulatedRedis>;
}

interface Command {
  label: string;
  serve: () => Reply;
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
  reconnections: number;
}

/** ioredis's own default here: a command fails after so many reconnections. */
const MOST_RECONNECTIONS = 2;
const NEVER = new Promise<never>(() => undefined);

const bytesOf = (argument: Argument): Bytes => (Buffer.isBuffer(argument) ? argument.toString('latin1') : Buffer.from(String(argument)).toString('latin1'));
const asBuffers = (reply: Reply): unknown => (typeof reply === 'string' ? Buffer.from(reply, 'latin1') : Array.isArray(reply) ? reply.map(asBuffers) : reply);
const asTexts = (reply: Reply): unknown => (typeof reply === 'string' ? Buffer.from(reply, 'latin1').toString() : Array.isArray(reply) ? reply.map(asTexts) : reply);

/**
 * One connection as ioredis keeps it: commands arrive and are answered in order. Where it breaks, what has no answer yet is sent again on
 * the next one, done before or not, and fails after two such breaks.
 */
export class SimulatedRedis {
  readonly #server: RedisServer;
  readonly #scheduler: Scheduler;
  readonly #chaos: Chaos;
  readonly #process: SimulatedProcess | null;
  #inFlight: Command[] = [];
  /** Counts connections: messages of earlier ones are lost. */
  #connection = 0;
  #knownRun = '';
  #arrivesAt = 0;
  #answersAt = 0;

  constructor(server: RedisServer, scheduler: Scheduler, chaos: Chaos) {
    this.#server = server;
    this.#scheduler = scheduler;
    this.#chaos = chaos;
    this.#process = scheduler.process;
    server.connections.add(this);
  }

  /** As the product sees it. */
  asClient(): Redis {
    return this as unknown as Redis;
  }

  on(): this {
    return this;
  }

  disconnect(): void {
    this.#server.connections.delete(this);
  }

  /** The server or the way to it is gone for a moment. */
  break(reason: string): void {
    if (this.#process?.dead) return this.disconnect();
    this.#connection += 1;
    this.#arrivesAt = this.#answersAt = this.#scheduler.now + 2 * this.#chaos.latency('redis');
    const unanswered = this.#inFlight;
    this.#inFlight = [];
    for (const command of unanswered) {
      command.reconnections += 1;
      if (command.reconnections <= MOST_RECONNECTIONS) this.#send(command);
      else this.#scheduler.after(0, this.#process, `${command.label}: ${reason}`, () => command.reject(maxRetries()));
    }
  }

  defineCommand(name: string, { lua, numberOfKeys }: { lua: string; numberOfKeys?: number }): void {
    const call = (...given: Argument[]): Promise<Reply> => {
      const count = numberOfKeys ?? Number(given[0]);
      const all = (numberOfKeys === undefined ? given.slice(1) : given).map(bytesOf);
      return this.#command(name, () => this.#server.scripts.run(this.#server.store, lua, all.slice(0, count), all.slice(count)));
    };
    Object.assign(this, {
      [name]: async (...given: Argument[]) => asTexts(await call(...given)),
      [`${name}Buffer`]: async (...given: Argument[]) => asBuffers(await call(...given)),
    });
  }

  async eval(script: string, keys: number, ...args: string[]): Promise<unknown> {
    const all = args.map(bytesOf);
    return asTexts(await this.#command('EVAL', () => this.#server.scripts.run(this.#server.store, script, all.slice(0, keys), all.slice(keys))));
  }

  get = (key: string) => this.#text('GET', key);
  set = (...args: Argument[]) => this.#text('SET', ...args);
  exists = (key: string) => this.#text('EXISTS', key);
  zcard = (key: string) => this.#text('ZCARD', key);
  zrange = (...args: string[]) => this.#text('ZRANGE', ...args);
  zrangebyscore = (...args: Argument[]) => this.#text('ZRANGEBYSCORE', ...args);
  hgetBuffer = async (key: string, field: string) => asBuffers(await this.#plain('HGET', key, field));
  hmgetBuffer = async (key: string, ...fields: string[]) => asBuffers(await this.#plain('HMGET', key, ...fields));

  /** Seconds and microseconds of the one clock there is. */
  async time(): Promise<[string, string]> {
    return (await this.#command('TIME', () => {
      const micros = Math.round(this.#scheduler.now * 1_000);
      return [String(Math.floor(micros / 1_000_000)), String(micros % 1_000_000)];
    })) as [string, string];
  }

  async hgetall(key: string): Promise<Record<string, string>> {
    return recordOf((await this.#text('HGETALL', key)) as string[]);
  }

  /** All keys at once: a cursor that has come to its end. */
  async scan(): Promise<[string, string[]]> {
    const keys = await this.#command('SCAN', () => this.#server.store.keys().sort());
    return ['0', asTexts(keys) as string[]];
  }

  #text(name: string, ...args: Argument[]): Promise<unknown> {
    return this.#plain(name, ...args).then(asTexts);
  }

  #plain(name: string, ...args: Argument[]): Promise<Reply> {
    const bytes = args.map(bytesOf);
    return this.#command(name, () => this.#server.store.run(name, bytes));
  }

  #command(label: string, serve: () => Reply): Promise<Reply> {
    const process = this.#scheduler.process;
    if (!process) return (async () => serve())();
    if (process.dead || this.#chaos.crashes(process, `before ${label}`)) return NEVER;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#send({ label, serve, resolve, reject, reconnections: 0 });
    if (this.#chaos.fateOf('redis', label, 0) !== 'served') {
      this.#scheduler.after(this.#chaos.latency('redis') * 2, null, `connection of ${this.#process?.name} to Redis breaks`, () => this.break('connection lost'));
    }
    return promise;
  }

  #send(command: Command): void {
    const connection = this.#connection;
    this.#inFlight.push(command);
    const { now } = this.#scheduler;
    this.#arrivesAt = Math.max(this.#arrivesAt, now + this.#chaos.latency('redis'));
    this.#scheduler.after(this.#arrivesAt - now, null, command.label, () => {
      if (connection === this.#connection) this.#serve(command, connection);
    });
  }

  /** What every connection of the product's does before anything else, where it has come to another run than the one before. */
  #askForRun(): void {
    const { store, scripts } = this.#server;
    if (this.#knownRun !== store.runId) this.#knownRun = String(scripts.run(store, PRESENT_RUN_SCRIPT, [EPOCH_KEY], []));
  }

  #serve(command: Command, connection: number): void {
    this.#askForRun();
    let settle: () => void;
    try {
      const reply = command.serve();
      settle = () => command.resolve(reply);
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      settle = () => command.reject(error);
    }
    const { now } = this.#scheduler;
    this.#answersAt = Math.max(this.#answersAt, now + this.#chaos.latency('redis'));
    const process = this.#process as SimulatedProcess;
    this.#scheduler.after(this.#answersAt - now, process, `${command.label} answers`, () => {
      if (connection !== this.#connection) return;
      if (this.#chaos.crashes(process, `after ${command.label}`)) return;
      this.#inFlight.splice(this.#inFlight.indexOf(command), 1);
      settle();
    });
  }
}

function recordOf(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]]));
}

function maxRetries(): Error {
  const error = new Error('Reached the max retries per request limit (which is 2). Refer to "maxRetriesPerRequest" option for details.');
  error.name = 'MaxRetriesPerRequestError';
  return error;
}

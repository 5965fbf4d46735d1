import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { Random } from '../../topology/demo/random.ts';
import type { Stack } from '../../topology/local/stack.ts';
import { connectKafka, SESSION_TIMEOUT_MS } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import type { Installation } from '../system/installation.ts';
import { type Channel, openChannel } from './channel.ts';
import type { ChaosRun, Fault, Injection, Layout, Letter, Scale, Servers, Signs } from './fault.ts';
import { familyOf } from './faults.ts';
import { violations } from './invariants.ts';
import { LetterReader } from './letter-reader.ts';
import { WorkloadLoad } from './load.ts';
import type { SuiteOptions } from './options.ts';
import type { Proxies } from './proxy/proxies.ts';
import { recovery, Stores } from './recovery.ts';
import { type FaultResult, shortcomings, slowness } from './results.ts';
import { SignReader, together } from './signs.ts';
import { InstallationWorkers } from './workers.ts';
import { workload } from './workload.ts';

/** 95 in 100 injections are over by then: sessions time out, and 10 s more. */
export const RECOVERY_BOUND_MS = SESSION_TIMEOUT_MS + 10_000;
/** Reading everything again takes a ms an order. */
const REST_PATIENCE_MS: Readonly<Record<Scale, number>> = { quick: 150_000, full: 400_000 };
/** Between two families, once so long has passed since the check before: coming to rest costs time in which nothing is proved. */
const CHECK_AFTER_MS: Readonly<Record<Scale, number>> = { quick: 200_000, full: 600_000 };
/** Of the rate: where each step of an order is another process's transaction, the two cores of the run's machine bear so much less. */
const SHARE_APART = 1 / 3;
const SIGNS_PATIENCE_MS = 5_000;
const SIGNS_LOOK_EVERY_MS = 250;

export interface SuiteParts {
  stack: Stack;
  servers: Servers;
  proxies: Proxies;
  installation: Installation;
  layout: Layout;
  signal: AbortSignal;
  say(line: string): void;
}

/** Injects faults one after another on one installation, with the load on it all the time but while the invariants are checked. */
export class Suite {
  readonly #options: SuiteOptions;
  readonly #parts: SuiteParts;
  readonly #workers: InstallationWorkers;
  readonly #load: WorkloadLoad;
  readonly #channel: Channel;
  readonly #stores: Stores;
  readonly #reader: LetterReader;
  readonly #signs: SignReader;
  /** Dead letters of poison that faults put in themselves. */
  readonly #letters: Letter[] = [];
  /** Orders sent up to the end of the fault before. */
  #counted = 0;

  private constructor(options: SuiteOptions, parts: SuiteParts, channel: Channel) {
    const { installation, stack } = parts;
    this.#options = options;
    this.#parts = parts;
    this.#channel = channel;
    this.#workers = new InstallationWorkers(installation, parts.layout);
    const plan = workload({ seed: options.seed, catalogue: demoAirline(), today: new Date() });
    this.#load = new WorkloadLoad(plan, { url: installation.url, channel, rate: () => this.#rate() });
    this.#stores = new Stores(stack.addresses);
    this.#reader = new LetterReader(connectKafka({ brokers: stack.addresses.kafkaBrokers, clientId: 'chaos', log: createLog('chaos', 'silent') }));
    this.#signs = new SignReader(join(installation.dataDir, 'logs'));
    installation.onExit(({ signal }) => signal === 'SIGKILL' && this.#signs.noteKill());
  }

  static async open(options: SuiteOptions, parts: SuiteParts): Promise<Suite> {
    return new Suite(options, parts, await openChannel(parts.installation.config));
  }

  /** Results come one by one, also where a fault broke something: the next finds the same installation. */
  async *run(): AsyncGenerator<FaultResult> {
    const { faults, scale } = this.#options;
    for (const { name, notRun } of faults) if (notRun !== undefined) this.#parts.say(`${name}: ${notRun}`);
    const possible = faults.filter(({ notRun }) => notRun === undefined);
    let unchecked: FaultResult[] = [];
    const recoveriesMs: number[] = [];
    let checkedAt = Date.now();
    this.#load.start();
    for (const [index, fault] of possible.entries()) {
      this.#parts.signal.throwIfAborted();
      const result = await this.#inject(fault);
      recoveriesMs.push(...result.recoveriesMs);
      unchecked.push(result);
      const next = possible[index + 1];
      const isDue = Date.now() - checkedAt > CHECK_AFTER_MS[scale] && next !== undefined && familyOf(next) !== familyOf(fault);
      if (next === undefined) result.violations.push(...slowness(recoveriesMs, RECOVERY_BOUND_MS));
      else if (!isDue) continue;
      await this.#check(unchecked, next === undefined);
      yield* unchecked;
      unchecked = [];
      checkedAt = Date.now();
      this.#load.start();
    }
  }

  async close(): Promise<void> {
    await this.#load.close();
    await Promise.all([this.#channel.close(), this.#stores.close()]);
  }

  async #inject(fault: Fault): Promise<FaultResult> {
    const { say } = this.#parts;
    const began = Date.now();
    const found: string[] = [];
    const note = this.#noteIn(found);
    say(`${fault.name}: ${fault.title}`);
    await this.#workers.arrange(fault.layout ?? 'one-process').catch(note('arranging'));
    await this.#signs.take();
    const injections: Injection[] = (await fault.inject(this.#runOf(fault, found)).catch(note('injecting'))) ?? [];
    const signs = await this.#signsOf(fault);
    const recoveriesMs = injections.flatMap(({ recoveryMs }) => (recoveryMs === null ? [] : [recoveryMs]));
    const result = { planned: fault.planned(this.#options.scale), injected: injections.length, recoveriesMs };
    found.push(...shortcomings(result), ...(fault.unseen?.(signs) ?? []));
    const seconds = Math.round((Date.now() - began) / 1_000);
    const orders = this.#ordersSince();
    say(`${fault.name}: ${injections.length} injected, ${orders} orders, ${seconds} s`);
    return { ...result, signs, fault: fault.name, title: fault.title, orders, violations: found, seconds };
  }

  /** Sent since it was last asked: every order of a run counts for one fault. */
  #ordersSince(): number {
    const before = this.#counted;
    this.#counted = this.#load.sent;
    return this.#counted - before;
  }

  /** What was logged is read a moment later. */
  async #signsOf(fault: Fault): Promise<Signs> {
    let signs = await this.#signs.take();
    for (const deadline = Date.now() + SIGNS_PATIENCE_MS; [...(fault.unseen?.(signs) ?? [])].length > 0 && Date.now() < deadline; ) {
      await sleep(SIGNS_LOOK_EVERY_MS, undefined, { signal: this.#parts.signal });
      signs = together(signs, await this.#signs.take());
    }
    return signs;
  }

  /** Of everything placed so far, when it has come to rest. What is found is noted with the last of the faults since the check before. */
  async #check(faults: readonly FaultResult[], isLast: boolean): Promise<void> {
    const { say, signal, installation } = this.#parts;
    const last = faults.at(-1) as FaultResult;
    const began = Date.now();
    while (isLast && this.#load.sent < this.#options.orders) await sleep(100, undefined, { signal });
    await this.#load.stop();
    await this.#workers.allReady();
    last.orders += this.#ordersSince();
    const found: string[] = [];
    const rest = { installation, load: this.#load, letters: this.#letters, reader: this.#reader, stores: this.#stores, patienceMs: REST_PATIENCE_MS[this.#options.scale], signal, say };
    found.push(...((await violations(rest).catch(this.#noteIn(found)('checking'))) ?? []));
    const names = faults.map(({ fault }) => fault).join(', ');
    last.violations.push(...found.map((text) => (faults.length > 1 ? `after ${names}: ${text}` : text)));
    say(`checked after ${names}: ${found.length === 0 ? 'ok' : `${found.length} VIOLATIONS`}, ${this.#load.sent} orders so far, ${Math.round((Date.now() - began) / 1_000)} s`);
  }

  /** Orders a second. */
  #rate(): number {
    return this.#workers.layout === 'one-process' ? this.#options.rate : this.#options.rate * SHARE_APART;
  }

  #noteIn(found: string[]) {
    return (doing: string) => (error: unknown): void => {
      if (this.#parts.signal.aborted) throw error;
      found.push(`${doing}: ${error instanceof Error ? error.message : String(error)}`);
    };
  }

  #runOf(fault: Fault, found: string[]): ChaosRun {
    const { installation, servers, proxies, signal, say } = this.#parts;
    const salt = [...fault.name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2 ** 31, 7);
    return {
      scale: this.#options.scale,
      random: new Random(this.#options.seed + salt),
      workers: this.#workers,
      servers,
      proxies,
      load: this.#load,
      config: installation.config,
      signal,
      recovered: (since = Date.now()) => recovery(this.#stores, this.#load.placed, since, signal),
      violated: (text) => void found.push(text),
      expectLetters: (letters) => void this.#letters.push(...letters),
      say,
    };
  }
}

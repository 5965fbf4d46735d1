import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { Random } from '../../topology/demo/random.ts';
import type { Stack } from '../../topology/local/stack.ts';
import { connectKafka, type Kafka, SESSION_TIMEOUT_MS } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import type { Installation } from '../system/installation.ts';
import { type Channel, openChannel } from './channel.ts';
import type { ChaosRun, Fault, Injection, Layout, Letter, Servers } from './fault.ts';
import { violations } from './invariants.ts';
import { WorkloadLoad } from './load.ts';
import type { SuiteOptions } from './options.ts';
import type { Proxies } from './proxy/proxies.ts';
import { recovery, Stores } from './recovery.ts';
import { type FaultResult, shortcomings } from './results.ts';
import { SignReader } from './signs.ts';
import { InstallationWorkers } from './workers.ts';
import { workload } from './workload.ts';

/** An injection is over by then: sessions time out, and 10 s more. */
export const RECOVERY_BOUND_MS = SESSION_TIMEOUT_MS + 10_000;
const REST_PATIENCE_MS = 150_000;

export interface SuiteParts {
  stack: Stack;
  servers: Servers;
  proxies: Proxies;
  installation: Installation;
  layout: Layout;
  signal: AbortSignal;
  say(line: string): void;
}

/** Injects faults one after another on one installation, with the load on it and the invariants checked after each. */
export class Suite {
  readonly #options: SuiteOptions;
  readonly #parts: SuiteParts;
  readonly #workers: InstallationWorkers;
  readonly #load: WorkloadLoad;
  readonly #channel: Channel;
  readonly #stores: Stores;
  readonly #kafka: Kafka;
  readonly #signs: SignReader;
  /** Dead letters of poison that faults put in themselves. */
  readonly #letters: Letter[] = [];

  private constructor(options: SuiteOptions, parts: SuiteParts, channel: Channel) {
    const { installation, stack } = parts;
    this.#options = options;
    this.#parts = parts;
    this.#channel = channel;
    this.#workers = new InstallationWorkers(installation, parts.layout);
    const plan = workload({ seed: options.seed, catalogue: demoAirline(), today: new Date() });
    this.#load = new WorkloadLoad(plan, { url: installation.url, channel, rate: options.rate });
    this.#stores = new Stores(stack.addresses);
    this.#kafka = connectKafka({ brokers: stack.addresses.kafkaBrokers, clientId: 'chaos', log: createLog('chaos', 'silent') });
    this.#signs = new SignReader(join(installation.dataDir, 'logs'));
    installation.onExit(({ signal }) => signal === 'SIGKILL' && this.#signs.noteKill());
  }

  static async open(options: SuiteOptions, parts: SuiteParts): Promise<Suite> {
    return new Suite(options, parts, await openChannel(parts.installation.config));
  }

  /** Results come one by one, also where a fault broke something: the next finds the same installation. */
  async *run(): AsyncGenerator<FaultResult> {
    const { faults, orders } = this.#options;
    for (const [index, fault] of faults.entries()) {
      if (fault.notRun !== undefined) {
        this.#parts.say(`${fault.name}: ${fault.notRun}`);
        continue;
      }
      const isLast = index === faults.length - 1;
      yield await this.#inject(fault, Math.ceil((orders * (index + 1)) / faults.length), isLast);
    }
  }

  async close(): Promise<void> {
    await this.#load.close();
    await Promise.all([this.#channel.close(), this.#stores.close()]);
  }

  async #inject(fault: Fault, ordersByThen: number, isLast: boolean): Promise<FaultResult> {
    const { say, signal } = this.#parts;
    const began = Date.now();
    const sentBefore = this.#load.sent;
    const found: string[] = [];
    const note = (doing: string) => (error: unknown) => {
      if (signal.aborted) throw error;
      found.push(`${doing}: ${error instanceof Error ? error.message : String(error)}`);
    };
    say(`${fault.name}: ${fault.title}`);
    this.#load.start();
    await this.#workers.arrange(fault.layout ?? 'one-process').catch(note('arranging'));
    await this.#signs.take();
    const injections: Injection[] = (await fault.inject(this.#runOf(fault)).catch(note('injecting'))) ?? [];
    while (this.#load.sent < ordersByThen && !signal.aborted) await sleep(100, undefined, { signal });
    await this.#load.stop();
    await this.#workers.allReady();
    say(`${fault.name}: ${injections.length} injected, ${this.#load.sent - sentBefore} orders; checking`);
    found.push(...(await this.#violations(isLast).catch((error: unknown) => void note('checking')(error)) ?? []));
    const signs = await this.#signs.take();
    const recoveriesMs = injections.flatMap(({ recoveryMs }) => (recoveryMs === null ? [] : [recoveryMs]));
    const result = { planned: fault.planned(this.#options.scale), injected: injections.length, recoveriesMs };
    found.push(...shortcomings(result, RECOVERY_BOUND_MS), ...(fault.unseen?.(signs) ?? []));
    return {
      ...result, signs, fault: fault.name, title: fault.title, orders: this.#load.sent - sentBefore, violations: found, seconds: Math.round((Date.now() - began) / 1_000),
    };
  }

  #violations(toTheEnd: boolean): Promise<string[]> {
    const { installation, signal } = this.#parts;
    return violations({ installation, load: this.#load, letters: this.#letters, stores: this.#stores, kafka: this.#kafka, patienceMs: REST_PATIENCE_MS, toTheEnd, signal });
  }

  #runOf(fault: Fault): ChaosRun {
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
      expectLetters: (letters) => void this.#letters.push(...letters),
      say,
    };
  }
}

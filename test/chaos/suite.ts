import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { Random } from '../../topology/demo/random.ts';
import type { Stack } from '../../topology/local/stack.ts';
import { connectKafka, type Kafka, SESSION_TIMEOUT_MS } from '../../topology/runtime/kafka.ts';
import { createLog } from '../../topology/runtime/log.ts';
import type { Installation } from '../system/installation.ts';
import { type Channel, openChannel } from './channel.ts';
import type { ChaosRun, Fault, Injection, Layout, Letter, Scale, Servers } from './fault.ts';
import { violations } from './invariants.ts';
import { WorkloadLoad } from './load.ts';
import type { SuiteOptions } from './options.ts';
import type { Proxies } from './proxy/proxies.ts';
import { recovery, Stores } from './recovery.ts';
import { type FaultResult, shortcomings } from './results.ts';
import { SignReader, together } from './signs.ts';
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
  /** Orders told of in results. */
  #counted = 0;

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

  /** Results come as a stage is over, also where a fault broke something: the next finds the same installation. */
  async *run(): AsyncGenerator<FaultResult> {
    const { faults, orders, scale } = this.#options;
    for (const { name, notRun } of faults) if (notRun !== undefined) this.#parts.say(`${name}: ${notRun}`);
    const stages = stagesOf(faults.filter(({ notRun }) => notRun === undefined), scale);
    for (const [index, stage] of stages.entries()) {
      yield* await this.#runStage(stage, Math.ceil((orders * (index + 1)) / stages.length), index === stages.length - 1);
    }
  }

  async close(): Promise<void> {
    await this.#load.close();
    await Promise.all([this.#channel.close(), this.#stores.close()]);
  }

  /** Injects the faults one after another under load, lets all come to rest, and checks. What the checks find is told with the last fault. */
  async #runStage(stage: readonly Fault[], ordersByThen: number, isLast: boolean): Promise<FaultResult[]> {
    const { say, signal } = this.#parts;
    this.#load.start();
    const parts: FaultResult[] = [];
    for (const fault of stage) parts.push(await this.#inject(fault));
    while (this.#load.sent < ordersByThen && !signal.aborted) await sleep(100, undefined, { signal });
    const began = Date.now();
    await this.#load.stop();
    await this.#workers.allReady();
    say(`${stage.map(({ name }) => name).join(', ')}: ${this.#load.sent} orders so far; checking`);
    const found: string[] = [];
    found.push(...((await this.#violations(isLast).catch((error: unknown) => void this.#note(found, 'checking')(error))) ?? []));
    const late = await this.#signs.take();
    const results = parts.map((part) => ({ ...part, signs: together(part.signs, late) }));
    for (const [index, fault] of stage.entries()) results[index]?.violations.push(...(fault.unseen?.(results[index].signs) ?? []));
    const last = results.at(-1) as FaultResult;
    last.violations.push(...found);
    last.orders += this.#load.sent - parts.reduce((sum, { orders }) => sum + orders, this.#counted);
    last.seconds += Math.round((Date.now() - began) / 1_000);
    this.#counted = this.#load.sent;
    return results;
  }

  async #inject(fault: Fault): Promise<FaultResult> {
    const began = Date.now();
    const sentBefore = this.#load.sent;
    const found: string[] = [];
    this.#parts.say(`${fault.name}: ${fault.title}`);
    await this.#workers.arrange(fault.layout ?? 'one-process').catch(this.#note(found, 'arranging'));
    await this.#signs.take();
    const injections: Injection[] = (await fault.inject(this.#runOf(fault)).catch(this.#note(found, 'injecting'))) ?? [];
    const recoveriesMs = injections.flatMap(({ recoveryMs }) => (recoveryMs === null ? [] : [recoveryMs]));
    const result = { planned: fault.planned(this.#options.scale), injected: injections.length, recoveriesMs };
    found.push(...shortcomings(result, RECOVERY_BOUND_MS));
    return {
      ...result, signs: await this.#signs.take(), fault: fault.name, title: fault.title, orders: this.#load.sent - sentBefore, violations: found,
      seconds: Math.round((Date.now() - began) / 1_000),
    };
  }

  #note(found: string[], doing: string): (error: unknown) => undefined {
    return (error) => {
      if (this.#parts.signal.aborted) throw error;
      found.push(`${doing}: ${error instanceof Error ? error.message : String(error)}`);
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

/**
 * What is injected before all comes to rest and is checked. In the full run that is one fault, so that the check tells which one broke
 * something. In the quick run neighbours of one layout that have a family share a check, which takes longer than most of them.
 */
function stagesOf(faults: readonly Fault[], scale: Scale): Fault[][] {
  const stages: Fault[][] = [];
  for (const fault of faults) {
    const stage = stages.at(-1);
    const [first] = stage ?? [];
    const joins = scale === 'quick' && first?.family !== undefined && fault.family !== undefined && first.layout === fault.layout;
    if (stage && joins) stage.push(fault);
    else stages.push([fault]);
  }
  return stages;
}

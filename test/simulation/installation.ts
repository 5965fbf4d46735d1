import type { Logger } from 'pino';
import type { StuckOrders } from '../../connectors/postgres/stuck-orders.ts';
import type { OpenedPorts } from '../../connectors/registry.ts';
import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { openRedisInventory } from '../../connectors/redis-inventory/index.ts';
import { openRedisVelocity } from '../../connectors/redis-velocity/index.ts';
import type { KeyPort } from '../../connectors/ports/keys.ts';
import { Sandbox } from '../../connectors/sandbox/sandbox.ts';
import { sandboxNotification } from '../../connectors/sandbox-notification/client.ts';
import { sandboxPayment } from '../../connectors/sandbox-payment/client.ts';
import { sandboxReservation } from '../../connectors/sandbox-reservation/client.ts';
import type { Settings } from '../../processors/settings.ts';
import { orderFlow } from '../../topology/order-flow.ts';
import { watchFailpoints } from '../../topology/runtime/failpoint.ts';
import { runPipeline } from '../../topology/runtime/pipeline.ts';
import { openStoreClock } from '../../topology/runtime/store-clock.ts';
import { topicsOf } from '../../topology/topics.ts';
import { checkedCodec } from '../driver/checked-codec.ts';
import { memoryKeys } from '../driver/memory-keys.ts';
import { Chaos } from './chaos.ts';
import { companyExchange } from './companies.ts';
import type { Coverage } from './coverage.ts';
import type { FaultPlan } from './fault-plan.ts';
import { Broker } from './kafka/broker.ts';
import { simulatedKafka } from './kafka/client.ts';
import type { Slot } from './layout.ts';
import { Network } from './network.ts';
import { observedMetrics } from './observed-metrics.ts';
import type { Random } from './random.ts';
import { SimulatedRedis, type RedisServer } from './redis/client.ts';
import { LuaScripts } from './redis/lua.ts';
import { RedisStore } from './redis/store.ts';
import type { Scheduler } from './scheduler.ts';
import { Killed, SimulatedProcess } from './simulated-process.ts';

export const codec = checkedCodec();
const scripts = new LuaScripts();
export const catalogue = demoAirline({ now: Date.now });
/** The read model is not simulated, and with it the watch over orders that stand still: what does so here is a violation. */
const NOBODY_STUCK: StuckOrders = { alone: async () => null, still: async () => [], close: async () => undefined };
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal', 'trace'] as const;

export interface InstallationOptions {
  scheduler: Scheduler;
  random: Random;
  coverage: Coverage;
  plan: FaultPlan;
  slots: readonly Slot[];
  partitions: number;
  settings: Settings;
}

/** Everything `npm start` would have: servers and companies in memory, and the product's processes between them. */
export class Installation {
  readonly broker: Broker;
  readonly redis: RedisServer;
  readonly sandbox: Sandbox;
  readonly keys: KeyPort = memoryKeys();
  readonly chaos: Chaos;
  readonly #options: InstallationOptions;
  readonly #network: Network;
  readonly #running = new Map<Slot, SimulatedProcess>();
  #lives = 0;

  constructor(options: InstallationOptions) {
    const { scheduler, random, coverage, plan, partitions } = options;
    this.#options = options;
    this.chaos = new Chaos({ rates: plan.rates, random, coverage, kill: (process, where) => this.kill(process, where) });
    this.#network = new Network(scheduler, this.chaos);
    const topics = topicsOf(orderFlow).map((topic) => ({ name: topic.name, partitions: topic.partitions === 'flow' ? partitions : topic.partitions }));
    this.broker = new Broker({ scheduler, random, coverage, topics });
    this.redis = { store: new RedisStore(() => scheduler.now), scripts, connections: new Set() };
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => scheduler.after(ms, null, 'a company takes its time', resolve));
    this.sandbox = new Sandbox({ path: ':memory:', baseUrl: 'http://sandbox.test', now: () => Math.floor(scheduler.now), seed: random.int(1, 1_000_000), sleep });
    watchFailpoints((name) => this.#passes(name));
  }

  /** The lives that are now; paused ones too. */
  get processes(): SimulatedProcess[] {
    return [...this.#running.values()];
  }

  start(): void {
    for (const slot of this.#options.slots) this.#spawn(slot);
  }

  /** Ends a process where it stands. Another takes its place after a while. */
  kill(process: SimulatedProcess, where: string): void {
    if (process.dead) return;
    const { scheduler, random } = this.#options;
    process.dead = true;
    scheduler.trace.note(`${process.name} dies ${where}`);
    this.broker.groups.silent(process);
    const slot = [...this.#running].find(([, running]) => running === process)?.[0];
    if (slot) scheduler.after(random.between(200, 7_000), null, `${slot.name} starts again`, () => this.#spawn(slot));
  }

  pause(process: SimulatedProcess): void {
    if (process.dead || process.paused) return;
    process.paused = true;
    this.broker.groups.silent(process);
  }

  resume(process: SimulatedProcess): void {
    if (!process.paused) return;
    process.paused = false;
    this.#options.scheduler.resume(process.takeHeld());
  }

  /** A connection as tests have one: nothing goes wrong on it. */
  directRedis() {
    return this.#options.scheduler.within(null, () => new SimulatedRedis(this.redis, this.#options.scheduler, this.chaos).asClient());
  }

  close(): void {
    watchFailpoints(null);
    this.sandbox.close();
  }

  #passes(name: string): void {
    const { process } = this.#options.scheduler;
    this.#options.coverage.saw(`passed ${name}`);
    if (!process) return;
    if (process.dead || this.chaos.crashesAtFailpoint(process, name)) throw new Killed(name);
  }

  #spawn(slot: Slot): void {
    const { scheduler } = this.#options;
    this.#lives += 1;
    const process = new SimulatedProcess(`${slot.name}.${this.#lives}`);
    this.#running.set(slot, process);
    scheduler.after(0, process, 'starts', () => {
      this.#run(slot, process).catch((error: unknown) => {
        if (process.dead) return;
        // A server that cannot be reached is a reason; a fault of the code is none.
        if (error instanceof TypeError) throw error;
        this.kill(process, `as it cannot start: ${error instanceof Error ? error.message : String(error)}`);
      });
    });
  }

  async #run(slot: Slot, process: SimulatedProcess): Promise<void> {
    const { scheduler, random, coverage, settings, partitions } = this.#options;
    const redis = new SimulatedRedis(this.redis, scheduler, this.chaos).asClient();
    const exchange = companyExchange(this.sandbox, this.#network);
    const log = this.#logger(process);
    await runPipeline({
      flow: orderFlow,
      nodes: slot.nodes,
      kafka: simulatedKafka({ chaos: this.chaos, broker: this.broker, network: this.#network, scheduler, random, coverage }),
      redis, codec, settings, partitions,
      environment: 'simulated',
      metrics: observedMetrics(coverage),
      log,
      openClock: () => openStoreClock(redis, log),
      stuckOrders: { open: async () => NOBODY_STUCK, pollMs: Number.MAX_SAFE_INTEGER },
      onFatal: (reason) => this.kill(process, `as ${reason}`),
      openPorts: async (_needs, epoch): Promise<OpenedPorts> => ({
        catalogue,
        inventory: openRedisInventory({ redis, epoch }),
        velocity: openRedisVelocity({ redis }),
        keys: this.keys,
        payment: sandboxPayment(exchange),
        reservation: sandboxReservation(exchange),
        notification: sandboxNotification(exchange),
        check: async () => undefined,
        close: async () => undefined,
      }),
    });
  }

  #logger(process: SimulatedProcess): Logger {
    const { scheduler, coverage } = this.#options;
    const write = (level: string) => (facts: Record<string, unknown> | string, message = ''): void => {
      if (process.dead) return;
      const [text, reason] = typeof facts === 'string' ? [facts, ''] : [message, facts.reason ?? facts.committed ?? ''];
      coverage.saw(`log: ${text}`);
      scheduler.trace.note(`${process.name} ${level}: ${text} ${typeof facts === 'string' ? '' : `${facts.node ?? ''} ${facts.topic ?? ''}`} ${reason}`);
    };
    const logger = Object.fromEntries(LOG_LEVELS.map((level) => [level, write(level)])) as unknown as Logger;
    return Object.assign(logger, { child: () => logger });
  }
}

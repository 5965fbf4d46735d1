import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { StuckOrders } from '../../connectors/postgres/stuck-orders.ts';
import { openPorts, type OpenedPorts } from '../../connectors/registry.ts';
import type { PortName } from '../../connectors/ports/index.ts';
import type { Settings } from '../../processors/settings.ts';
import { openCodec, type Codec } from '../../schemas/codec.ts';
import type { Flow, FlowNode } from '../define.ts';
import { groupOf, inputsOf, subjectsOf, topicsOf } from '../topics.ts';
import { chainOf, isFed, SlowNodes } from './chain.ts';
import { openCommandProducer } from './command-producer.ts';
import type { Config } from './config.ts';
import type { OutgoingRecord } from './dead-letter.ts';
import { StateUnavailable } from './errors.ts';
import { connectKafka, type Kafka } from './kafka.ts';
import { type PipelineMetrics, pipelineMetrics } from './metrics.ts';
import { NodeWorker } from './node-worker.ts';
import { checkPartitions } from './partition-count.ts';
import { departPredecessors, memberClientId } from './predecessors.ts';
import { withFailpoints } from './port-failpoints.ts';
import { processMetrics } from './process-metrics.ts';
import { ensureState, rebuild, type RebuildDeps } from './rebuild.ts';
import { openRedis } from './redis.ts';
import { openRedisState } from './redis-state.ts';
import { StateLost, type OrderState } from './state.ts';
import type { Services } from './services.ts';
import { openStoreClock, type StoreClock } from './store-clock.ts';
import { StuckWatch } from './stuck-watch.ts';
import { TimerScheduler } from './timers.ts';

export interface Pipeline {
  registry: Registry;
  /** Partitions held, by node. */
  assignments(): Record<string, readonly { topic: string; partitions: number[] }[]>;
  stop(): Promise<void>;
}

export interface PipelineOptions {
  config: Config;
  flow: Flow;
  /** The nodes this process runs. They hand events on to each other in memory. */
  nodes: readonly FlowNode[];
  log: Logger;
  onFatal: (reason: string) => void;
}

/** Starts the given nodes in this process and resolves once every one of them has joined its group. */
export async function startPipeline({ config, flow, nodes, log, onFatal }: PipelineOptions): Promise<Pipeline> {
  const registry = processMetrics();
  const kafka = connectKafka({ brokers: config.kafkaBrokers, clientId: memberClientId('iaros-pipeline'), log });
  await departPredecessors(kafka, nodes.map(({ name }) => groupOf(name)), log);
  const redis = openRedis(config.redisUrl);
  redis.on('error', (error) => log.debug({ reason: error.message }, 'redis'));
  const codec = await openCodec({ registryUrl: config.schemaRegistryUrl, subjects: subjectsOf(topicsOf(flow)) });
  const running = await runPipeline({
    flow, nodes, kafka, redis, codec, log, onFatal,
    settings: config.settings,
    environment: config.environment,
    partitions: config.partitions,
    metrics: pipelineMetrics(registry),
    openPorts: async (needs, epoch) => withFailpoints(await openPorts({ ...config, redis, epoch }, needs)),
    openClock: () => openStoreClock(redis, log),
    stuckOrders: { open: async () => (await import('../../connectors/postgres/stuck-orders.ts')).openStuckOrders(config.databaseUrl), pollMs: config.stuckPollMs },
  });
  return {
    registry,
    assignments: running.assignments,
    async stop() {
      await running.stop();
      redis.disconnect();
    },
  };
}

/** A pipeline's outside, opened: nothing in it knows where the servers are. */
export interface PipelineParts extends Pick<PipelineOptions, 'flow' | 'nodes' | 'log' | 'onFatal'> {
  kafka: Kafka;
  redis: Redis;
  codec: Codec;
  settings: Settings;
  environment: string;
  /** Of each of the flow's keyed topics. */
  partitions: number;
  metrics: PipelineMetrics;
  /** Opens the ports named; `epoch` answers what Redis is known to hold. */
  openPorts: (needs: readonly PortName[], epoch: () => Promise<string | null>) => Promise<OpenedPorts>;
  /** The clock that the nodes go by. */
  openClock: () => Promise<StoreClock>;
  /** Where orders that stand still are found, and how often they are looked for, ms. */
  stuckOrders: { open: () => Promise<StuckOrders>; pollMs: number };
}

/** Runs the nodes on what was opened for them, which stays open after `stop`; the ports, opened here, are closed. */
export async function runPipeline(parts: PipelineParts): Promise<Omit<Pipeline, 'registry'>> {
  const { flow, nodes, kafka, redis, codec, log, onFatal, settings, environment, metrics } = parts;
  const state = reachable(openRedisState({ redis, log }));
  const recovery = stateRecovery({ kafka, redis, codec, log, nodes: flow.nodes, environment });
  await recovery.ensure();
  const ports = await parts.openPorts(portsOf(nodes), remembered(() => state.epoch()));
  const clock = await parts.openClock();
  metrics.watchClock(clock.skewMs);
  const services: Services = { state, ports, codec, settings, now: clock.now };
  const admin = kafka.admin();
  await admin.connect();
  await checkPartitions(admin, nodes.flatMap(inputsOf).map((name) => ({ name, partitions: parts.partitions })));
  const deployed = new Set(nodes);
  const isDeployed = (node: FlowNode): boolean => deployed.has(node);
  const deps = {
    kafka, admin, services, metrics, log, onFatal, environment,
    chain: chainOf(flow, isDeployed),
    isFed: (node: FlowNode) => isFed(flow, isDeployed, node),
    slow: new SlowNodes(),
    recover: recovery.ensure,
    recoverFrom: recovery.from,
  };
  const workers = nodes.map((node) => new NodeWorker(node, deps));
  await Promise.all(workers.map((worker) => worker.start(parts.partitions)));
  const caretakers = nodes.some(takesTimers) ? await startCaretakers({ ...deps, flow, stuckOrders: parts.stuckOrders }) : null;
  return {
    assignments: () => Object.fromEntries(workers.map((worker) => [worker.node.name, worker.assignment])),
    async stop() {
      await caretakers?.stop();
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.allSettled([admin.disconnect(), ports.close()]);
      clock.stop();
    },
  };
}

const portsOf = (nodes: readonly FlowNode[]): PortName[] => [...new Set(nodes.flatMap((node) => node.uses))];

const takesTimers = (node: FlowNode): boolean => node.kind === 'interrupt' && node.accepts === 'hold_expiry';

interface CaretakerDeps extends Pick<PipelineParts, 'flow' | 'log' | 'kafka' | 'metrics' | 'stuckOrders'> {
  services: Services;
  recover: () => Promise<void>;
}

/** What moves orders that no record moves: the timers, and the watch over orders that stand still. */
async function startCaretakers({ flow, kafka, services, log, metrics, stuckOrders, recover }: CaretakerDeps) {
  const producer = await openCommandProducer(kafka, { log });
  const publish = (record: OutgoingRecord): Promise<void> => producer.publish(record);
  const scheduler = new TimerScheduler({
    state: services.state, codec: services.codec, publish, now: services.now, log, recover, fired: (count) => metrics.timersFired.inc(count),
  });
  const orders = await stuckOrders.open();
  const watch = new StuckWatch({ flow, kafka, orders, services, publish, metrics, log: log.child({ part: 'stuck-watch' }), pollMs: stuckOrders.pollMs });
  scheduler.start();
  watch.start();
  return {
    async stop() {
      await Promise.all([scheduler.stop(), watch.stop()]);
      await Promise.all([producer.close(), orders.close()]);
    },
  };
}

/** Every fault of the store that is not its own word for lost data means that it cannot be reached: never that a record is bad. */
function reachable(state: OrderState): OrderState {
  return new Proxy(state, {
    get(target, name, receiver) {
      const member = Reflect.get(target, name, receiver);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) =>
        Promise.resolve(Reflect.apply(member, target, args)).catch((error: unknown) => {
          if (error instanceof StateLost) throw error;
          throw new StateUnavailable('the state store cannot be reached', { cause: error });
        });
    },
  });
}

/** Scripts refuse an epoch that is not Redis's own, so an old answer does no harm: the call is tried again a moment later. */
function remembered(epoch: () => Promise<string | null>): () => Promise<string | null> {
  let known: { epoch: Promise<string | null>; until: number } | null = null;
  return () => {
    if (!known || known.until < performance.now()) known = { epoch: epoch(), until: performance.now() + EPOCH_REMEMBERED_MS };
    return known.epoch;
  };
}

const EPOCH_REMEMBERED_MS = 250;

function stateRecovery(deps: RebuildDeps & { log: Logger }) {
  const rebuiltFor = new Set<string>();
  let running: Promise<void> | null = null;
  const once = (run: () => Promise<unknown>): Promise<void> => {
    running ??= run().then(() => undefined).finally(() => (running = null));
    return running;
  };
  return {
    /** Rebuilds the store if it is empty; waits where another process is at it. */
    ensure: (): Promise<void> => once(() => ensureState(deps)),
    /** Rebuilds the store because it lacks what an event proves; false if that was done for the event before. */
    async from(eventId: string): Promise<boolean> {
      if (rebuiltFor.has(eventId)) return false;
      rebuiltFor.add(eventId);
      deps.log.error({ eventId }, 'the state store has lost data; rebuilding it from the changelog');
      await once(() => rebuild(deps));
      return true;
    },
  };
}

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { openReadModel } from '../connectors/postgres/read-model.ts';
import { openPorts } from '../connectors/registry.ts';
import { openCodec } from '../schemas/codec.ts';
import { orderFlow } from '../topology/order-flow.ts';
import { openCommandProducer } from '../topology/runtime/command-producer.ts';
import { type Config, requireSecrets } from '../topology/runtime/config.ts';
import { connectKafka } from '../topology/runtime/kafka.ts';
import type { Log } from '../topology/runtime/log.ts';
import { processMetrics } from '../topology/runtime/process-metrics.ts';
import { openRedisState } from '../topology/runtime/redis-state.ts';
import { subjectsOf, topicsOf } from '../topology/topics.ts';
import { createApp } from './app.ts';
import { commandPublisher } from './command-publisher.ts';
import { tailEvents } from './event-tails.ts';
import { redisIdempotency } from './idempotency.ts';
import { LiveEvents } from './live.ts';
import { uuidV7 } from './order-id.ts';
import { topologyDescription } from './topology-description.ts';

export interface RunningIngress {
  /** Where it listens, `http://host:port`. */
  url: string;
  /**
   * Turns unready, takes no more connections, answers whoever waits, finishes what is under way, lets go of everything.
   */
  stop(): Promise<void>;
}

export interface ServeOptions {
  config: Config;
  host: string;
  log: Log;
  /** The process cannot go on: its view of the events has ended. */
  onFatal(reason: string): void;
}

/** A caller hears of a broker that is away after this long; whether the command was written is then not known. */
const DELIVERY_TIMEOUT_MS = 5_000;
const REDIS_TIMEOUT_MS = 2_000;
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 30_000;
/**
 * Connections that may wait to be taken. Those beyond ask again after 1 s, then 2, so that a burst of travellers would wait for that instead.
 * Linux allows no more than `net.core.somaxconn`, 4096 by default.
 */
const BACKLOG = 4_096;
const DRAIN_MS = 10_000;
const IDLE_CHECK_MS = 50;

/**
 * Connects everything the API needs, then listens. Throws where a part cannot be reached, or the port is taken
 * (EADDRINUSE).
 */
export async function serveIngress({ config, host, log, onFatal }: ServeOptions): Promise<RunningIngress> {
  const { masterKey, pepper } = requireSecrets(config);
  const { settings } = config;
  const metrics = processMetrics();
  const opened = new Opened();
  try {
    const codec = await openCodec({ registryUrl: config.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
    const kafka = connectKafka({ brokers: config.kafkaBrokers, clientId: 'iaros-ingress', log });
    const producer = opened.add(
      await openCommandProducer(kafka, { log, deliveryTimeoutMs: DELIVERY_TIMEOUT_MS }),
      (each) => each.close(),
    );
    const admin = opened.add(kafka.admin(), (each) => each.disconnect());
    await admin.connect();
    const redis = opened.add(openRedis(config.redisUrl, log), async (each) => each.disconnect());
    await redis.ping();
    const state = openRedisState({ redis, log });
    const ports = opened.add(
      await openPorts(
        {
          sandboxUrl: config.sandboxUrl,
          databaseUrl: config.databaseUrl,
          masterKey,
          redis,
          epoch: () => state.epoch(),
          settings,
        },
        ['inventory', 'keys'],
      ),
      (each) => each.close(),
    );
    const readModel = opened.add(openReadModel({ databaseUrl: config.databaseUrl }), (each) => each.close());
    await readModel.check();
    const live = new LiveEvents();
    const events = opened.add(
      await tailEvents(kafka, (record) => live.dispatch(record)),
      (each) => each.stop(),
    );
    events.ended.catch((error: unknown) => {
      log.fatal({ err: error }, 'the reader of live events ended');
      onFatal('the reader of live events ended');
    });

    let draining = false;
    const app = createApp({
      readModel,
      state,
      codec,
      live,
      catalogue: ports.catalogue,
      inventory: ports.inventory,
      keys: ports.keys,
      publish: commandPublisher(producer, codec),
      idempotency: redisIdempotency(redis),
      topology: topologyDescription(orderFlow),
      checks: {
        accepting: async () => {
          if (draining) throw new Error('shutting down');
        },
        kafka: async () => void (await admin.describeCluster()),
        redis: async () => void (await redis.ping()),
        postgres: () => readModel.check(),
      },
      settings,
      pepper,
      metrics,
      log,
      now: Date.now,
      newId: () => uuidV7(Date.now()),
    });
    const server = createServer(
      { headersTimeout: HEADERS_WITHIN_MS, requestTimeout: REQUEST_WITHIN_MS },
      (request, response) => {
        if (draining) response.setHeader('Connection', 'close');
        app(request, response);
      },
    );
    const lookups = app.speedUpLookups(server);
    await listen(server, config.port, host);
    return {
      url: `http://${host}:${(server.address() as AddressInfo).port}`,
      async stop() {
        draining = true;
        const closed = drain(server);
        lookups.close();
        live.close();
        app.closeStreams();
        await closed;
        await opened.close();
      },
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function openRedis(url: string, log: Log): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    commandTimeout: REDIS_TIMEOUT_MS,
    // A connection that owes an answer for so long is dead, and is made anew.
    socketTimeout: REDIS_TIMEOUT_MS,
    connectTimeout: REDIS_TIMEOUT_MS,
    enableAutoPipelining: true,
  });
  redis.on('error', (error: Error) => log.debug({ reason: error.message }, 'redis'));
  return redis;
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen({ port, host, backlog: BACKLOG });
  await once(server, 'listening');
}

/** No new connections; those at rest are closed as they come to rest, and all after a while. */
async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(deadline);
}

/** What has to be closed again, the last opened first. */
class Opened {
  readonly #closers: (() => Promise<void>)[] = [];

  add<Part>(part: Part, close: (part: Part) => Promise<void>): Part {
    this.#closers.push(() => close(part));
    return part;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close().catch(() => undefined);
  }
}

import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { openClickHouse } from '../../../connectors/clickhouse/client.ts';
import { migrateClickHouse } from '../../../connectors/clickhouse/migrate.ts';
import type { CataloguePort } from '../../../connectors/ports/catalogue.ts';
import type { OffsetRange } from '../../../connectors/ports/sink-rows.ts';
import { TransientFault } from '../../../connectors/ports/transient-fault.ts';
import { isPassing } from '../../../connectors/postgres/faults.ts';
import { migratePostgres } from '../../../connectors/postgres/migrate.ts';
import { openPool } from '../../../connectors/postgres/pool.ts';
import { openPorts } from '../../../connectors/registry.ts';
import { type Codec, openCodec } from '../../../schemas/codec.ts';
import { EVENT_TYPES, type EventType } from '../../../schemas/types.ts';
import { orderFlow } from '../../order-flow.ts';
import { CLICKHOUSE_SINK, groupOf, POSTGRES_SINK, type SinkName, subjectsOf, topicOf, topicsOf } from '../../topics.ts';
import { type CommandProducer, openCommandProducer, RecordRefused } from '../command-producer.ts';
import type { Config } from '../config.ts';
import type { OutgoingRecord, RawRecord } from '../dead-letter.ts';
import { connectKafka, type Kafka } from '../kafka.ts';
import { Outage } from '../outage.ts';
import { departPredecessors, memberClientId } from '../predecessors.ts';
import { processMetrics } from '../process-metrics.ts';
import { readRanges } from '../topic-reader.ts';
import { byPartition } from './buffer.ts';
import { clickHouseSink } from './clickhouse.ts';
import { sinkMetrics } from './metrics.ts';
import { postgresSink } from './postgres.ts';
import { readEntries } from './records.ts';
import { Sink } from './sink.ts';
import type { SinkEntry, SinkStore } from './store.ts';

export interface RunningSinks {
  registry: Registry;
  /** Writes what is at hand and leaves the groups. */
  stop(): Promise<void>;
}

export interface SinksOptions {
  sinks: readonly SinkName[];
  log: Logger;
  onFatal: (reason: string) => void;
}

/** What every sink of a process shares. */
interface Shared extends SinksOptions {
  config: Config;
  kafka: Kafka;
  codec: Codec;
  producer: CommandProducer;
  metrics: ReturnType<typeof sinkMetrics>;
  catalogue: CataloguePort;
}

const POSTGRES_FETCH_MS = 300;
const CLICKHOUSE_FETCH_MS = 1_000;
const POSTGRES_LINGER_MS = 10;
const CLICKHOUSE_LINGER_MS = 500;
/** An insert that is not answered by then is made again under its token: nothing is lost by asking early. */
const CLICKHOUSE_TIMEOUT_MS = 10_000;
/** Longest time that a transaction in Postgres waits for what is done in ClickHouse meanwhile. */
const IN_CLICKHOUSE_MS = 3 * CLICKHOUSE_TIMEOUT_MS;
/** An order's events that meet in one chunk are folded before Postgres sees them; ClickHouse takes few large inserts better than many small ones. */
const POSTGRES_CHUNKS = 4;
const CLICKHOUSE_CHUNKS = 10;
const TOPICS: ReadonlyMap<string, EventType> = new Map(EVENT_TYPES.map((type) => [topicOf(type), type]));

/** Brings the schemas up to date, starts the named sinks in this process, and resolves once each has joined its group. */
export async function startSinks(config: Config, options: SinksOptions): Promise<RunningSinks> {
  const { sinks, log } = options;
  const registry = processMetrics();
  await migrated(config, sinks, log);
  const kafka = connectKafka({ brokers: config.kafkaBrokers, clientId: memberClientId('iaros-sinks'), log });
  await departPredecessors(kafka, sinks.map(groupOf), log);
  const codec = await openCodec({ registryUrl: config.schemaRegistryUrl, subjects: subjectsOf(topicsOf(orderFlow)) });
  const producer = await openCommandProducer(kafka, { log });
  const catalogue = await openCatalogue(config);
  const shared = { ...options, config, kafka, codec, producer, catalogue, metrics: sinkMetrics(registry) };
  const running = sinks.map((name) => (name === POSTGRES_SINK ? readModel(shared) : analytics(shared)));
  await Promise.all(running.map((sink) => sink.start()));
  return {
    registry,
    async stop() {
      await Promise.all(running.map((sink) => sink.stop()));
      await producer.close();
    },
  };
}

function readModel(shared: Shared): Sink<unknown> {
  const store = postgresSink({ pool: openPool(shared.config.databaseUrl, { name: POSTGRES_SINK }) });
  return new Sink({ ...common(shared, POSTGRES_SINK), store, chunkRows: shared.config.settings.sinkBatch * POSTGRES_CHUNKS, lingerMs: POSTGRES_LINGER_MS, fetchWaitMs: POSTGRES_FETCH_MS }) as Sink<unknown>;
}

function analytics(shared: Shared): Sink<unknown> {
  const { config, catalogue, kafka, codec } = shared;
  const store = clickHouseSink({
    clickhouse: openClickHouse(config.clickhouseUrl, CLICKHOUSE_SINK, CLICKHOUSE_TIMEOUT_MS),
    pool: openPool(config.databaseUrl, { name: CLICKHOUSE_SINK, idleInTransactionMs: IN_CLICKHOUSE_MS }),
    catalogue,
    readAgain: (ranges, sink) => readAgain({ kafka, codec, name: CLICKHOUSE_SINK, topics: TOPICS }, ranges, sink),
  });
  return new Sink({
    ...common(shared, CLICKHOUSE_SINK), store, chunkRows: config.settings.sinkBatch * CLICKHOUSE_CHUNKS, lingerMs: CLICKHOUSE_LINGER_MS, fetchWaitMs: CLICKHOUSE_FETCH_MS,
  }) as Sink<unknown>;
}

function common({ config, kafka, codec, producer, metrics, log, onFatal }: Shared, name: SinkName) {
  const sendDeadLetters = (records: readonly OutgoingRecord[]): Promise<void> => publishAll(producer, records);
  return { name, groupId: groupOf(name), topics: TOPICS, partitions: config.partitions, standBackMs: config.sinkStandBackMs, kafka, codec, sendDeadLetters, metrics, log: log.child({ sink: name }), onFatal };
}

/** The entries that the ranges give, in the order in which they were first written. Records that gave none have their dead letter already. */
export async function readAgain<Row>(
  { kafka, codec, name, topics }: { kafka: Kafka; codec: Codec; name: string; topics: ReadonlyMap<string, EventType> },
  ranges: readonly OffsetRange[],
  store: Pick<SinkStore<Row>, 'row'>,
): Promise<SinkEntry<Row>[]> {
  const records = new Map(ranges.map((range) => [`${range.topic}/${range.partition}`, { range, records: [] as RawRecord[] }]));
  await readRanges(kafka, ranges.map(({ topic, partition, from, next }) => ({ topic, partition, from, to: next })), (record) => {
    records.get(`${record.topic}/${record.partition}`)?.records.push({ ...record, offset: String(record.offset) });
  });
  const inOrder = [...records.values()].sort(byPartition).flatMap((read) => read.records);
  return (await readEntries(name, { codec, topics, row: store.row }, inOrder, Date.now())).entries;
}

/** A record that Kafka refuses, for its size as a rule, goes without its value: where it came from is in its headers. */
async function publishAll(producer: CommandProducer, records: readonly OutgoingRecord[]): Promise<void> {
  try {
    await Promise.all(records.map((record) =>
      producer.publish(record).catch((error: unknown) => {
        if (!(error instanceof RecordRefused)) throw error;
        return producer.publish({ ...record, value: null, headers: { ...record.headers, 'x-value-left-out': 'true' } });
      }),
    ));
  } catch (error) {
    throw new TransientFault('dead letters could not be sent', { cause: error });
  }
}

/** The catalogue needs none of the servers that other ports do. */
async function openCatalogue(config: Config): Promise<CataloguePort> {
  const redis = new Redis(config.redisUrl, { lazyConnect: true });
  const { sandboxUrl, databaseUrl, settings } = config;
  return (await openPorts({ sandboxUrl, databaseUrl, settings, redis, epoch: async () => null }, [])).catalogue;
}

/** Waits for servers that are not up yet. */
async function migrated({ databaseUrl, clickhouseUrl }: Config, sinks: readonly SinkName[], log: Logger): Promise<void> {
  const outage = new Outage(log);
  const wait = async (migrate: () => Promise<unknown>): Promise<void> => {
    for (;;) {
      try {
        await migrate();
        return outage.passed();
      } catch (error) {
        if (!isPassing(error)) throw error;
        outage.failed(error);
        await new Promise((resolve) => setTimeout(resolve, outage.pauseMs));
      }
    }
  };
  await wait(() => migratePostgres(databaseUrl));
  if (sinks.includes(CLICKHOUSE_SINK)) await wait(() => migrateClickHouse(clickhouseUrl));
}

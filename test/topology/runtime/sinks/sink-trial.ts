import { randomUUID } from 'node:crypto';
import { createClient } from '@clickhouse/client';
import pg from 'pg';
import { Registry } from 'prom-client';
import { openClickHouse, type ClickHouseClient } from '../../../../connectors/clickhouse/client.ts';
import { migrateClickHouse } from '../../../../connectors/clickhouse/migrate.ts';
import { migratePostgres } from '../../../../connectors/postgres/migrate.ts';
import { openPool, type Pool } from '../../../../connectors/postgres/pool.ts';
import { memoryCodec } from '../../../../schemas/codec.ts';
import { type AnyOrderEvent, EVENT_TYPES, type EventType } from '../../../../schemas/types.ts';
import type { OutgoingRecord } from '../../../../topology/runtime/dead-letter.ts';
import type { Failpoint } from '../../../../topology/runtime/failpoints.ts';
import { eventHeaders } from '../../../../topology/runtime/headers.ts';
import { connectKafka, type Kafka, type Producer, transactionalProducer, withAdmin } from '../../../../topology/runtime/kafka.ts';
import { createLog } from '../../../../topology/runtime/log.ts';
import { clickHouseSink } from '../../../../topology/runtime/sinks/clickhouse.ts';
import { sinkMetrics } from '../../../../topology/runtime/sinks/metrics.ts';
import { postgresSink } from '../../../../topology/runtime/sinks/postgres.ts';
import { Sink } from '../../../../topology/runtime/sinks/sink.ts';
import { readAgain } from '../../../../topology/runtime/sinks/start.ts';
import type { SinkStore } from '../../../../topology/runtime/sinks/store.ts';
import { readTopics } from '../../../../topology/runtime/topic-reader.ts';
import { topicOf } from '../../../../topology/topics.ts';
import { makeTopics } from '../make-topics.ts';

export type SinkKind = 'postgres-sink' | 'clickhouse-sink';
export interface StackAddresses { kafkaBrokers: string[]; databaseUrl: string; clickhouseUrl: string }

/** What a crash looks like from within: an error that no sink waits out. */
export class Killed extends TypeError {}

/** Counts and sums that have to be the same everywhere. */
export interface Totals {
  events: number;
  orders: number;
  /** Order id to version and status of its newest event. */
  states: Record<string, string>;
  /** Minor units over the newest state of all orders. */
  total: number;
}

const PARTITIONS = 2;
const codec = memoryCodec();

export interface SinkTrialOptions {
  passed?: (point: Failpoint) => void;
  chunkRows?: number;
  finishEveryMs?: number;
  patience?: { lookEveryMs: number; tellAfterMs: number; endAfterMs: number };
  standBackMs?: number;
  demand?: () => number;
  databaseUrl?: string;
  clickhouseUrl?: string;
}

export interface RunningSink {
  /** Why the sink gave up; '' while it has not. */
  reason(): string;
  stop(): Promise<void>;
}

/** Topics, a Postgres database and a ClickHouse database of a test's own, and sinks between them. */
export class SinkTrial {
  readonly topics: ReadonlyMap<string, EventType>;
  readonly deadLetters: OutgoingRecord[] = [];
  /** Messages the sinks have logged at info and above. */
  readonly lines: string[] = [];
  readonly kafka: Kafka;
  readonly #name: string;
  readonly #stack: StackAddresses;
  readonly #producers: Producer[] = [];
  readonly #sinks = new Set<RunningSink>();
  #pool!: Pool;
  #clickhouse!: ClickHouseClient;

  private constructor(stack: StackAddresses) {
    this.#stack = stack;
    this.#name = `sink_trial_${randomUUID().slice(0, 8)}`;
    this.topics = new Map(EVENT_TYPES.map((type) => [`${this.#name}.${topicOf(type)}`, type]));
    this.kafka = connectKafka({ brokers: stack.kafkaBrokers, clientId: 'sink-trial', log: createLog('trial', 'silent') });
  }

  static async open(stack: StackAddresses): Promise<SinkTrial> {
    const trial = new SinkTrial(stack);
    await Promise.all([trial.#makeTopics(), trial.#makePostgres(), trial.#makeClickHouse()]);
    return trial;
  }

  get databaseUrl(): string {
    return Object.assign(new URL(this.#stack.databaseUrl), { pathname: `/${this.#name}` }).href;
  }

  get clickhouseUrl(): string {
    return Object.assign(new URL(this.#stack.clickhouseUrl), { pathname: `/${this.#name}` }).href;
  }

  topic(type: EventType): string {
    return `${this.#name}.${topicOf(type)}`;
  }

  /** Writes events to their topics in one transaction, keyed by order. Returns once it is committed or aborted. */
  async write(events: readonly AnyOrderEvent[], end: 'commit' | 'abort' = 'commit'): Promise<void> {
    await this.writeRaw(
      events.map((event) => ({
        topic: this.topic(event.type), key: event.orderId, value: codec.encode(event.type, event as never), headers: eventHeaders(event, 'trial', undefined),
      })),
      end,
    );
  }

  async writeRaw(records: readonly { topic: string; key: string; value: Buffer; headers?: Record<string, string> }[], end: 'commit' | 'abort' = 'commit'): Promise<void> {
    const transaction = await (await this.#producer()).transaction();
    await transaction.sendBatch({ topicMessages: records.map(({ topic, ...message }) => ({ topic, messages: [message] })) });
    await transaction[end]();
  }

  /** Starts a member of the sink's group. `passed` may throw Killed to end it there, as a crash would. */
  async sink(kind: SinkKind, options: SinkTrialOptions = {}): Promise<RunningSink> {
    const { passed = () => {}, chunkRows = 200, finishEveryMs = 15_000, standBackMs = 0, demand, patience, databaseUrl = this.databaseUrl, clickhouseUrl = this.clickhouseUrl } = options;
    let reason = '';
    const common = {
      name: kind, groupId: `${this.#name}.${kind}`, topics: this.topics, partitions: PARTITIONS, kafka: this.kafka, codec, chunkRows, finishEveryMs, standBackMs, ...(demand && { demand }), ...(patience && { patience }),
      sendDeadLetters: async (records: readonly OutgoingRecord[]) => void this.deadLetters.push(...records),
      metrics: sinkMetrics(new Registry()), log: lineCounter(this.lines), onFatal: (why: string) => { reason = why; },
    };
    const pool = openPool(databaseUrl, { name: kind });
    const sink = kind === 'postgres-sink'
      ? new Sink({ ...common, store: postgresSink({ pool, passed }), lingerMs: 5, fetchWaitMs: 50 })
      : new Sink({ ...common, store: this.#clickHouseStore(openClickHouse(clickhouseUrl, 'trial'), pool, passed), lingerMs: 50, fetchWaitMs: 50 });
    await sink.start();
    const running = {
      reason: () => reason,
      stop: async () => {
        this.#sinks.delete(running);
        await sink.stop();
      },
    };
    this.#sinks.add(running);
    return running;
  }

  /** What the log says: every committed event counted once, by its id. */
  async logged(): Promise<Totals> {
    const events = new Map<string, AnyOrderEvent>();
    await readTopics(this.kafka, [...this.topics.keys()], async ({ value }) => {
      try {
        const { record } = await codec.decode(value as Buffer);
        if ('eventId' in record) events.set(record.eventId, record);
      } catch {
        // Not an event: the sinks have dead letters of it.
      }
    });
    return totalsOf([...events.values()]);
  }

  async inPostgres(): Promise<Totals> {
    const events = await this.query<{ count: number }>('SELECT count(*)::int FROM order_events');
    const orders = await this.query<{ id: string; state: string; total: number }>(
      `SELECT order_id AS id, version || ' ' || status AS state, coalesce(total_minor, 0)::float8 AS total FROM orders`,
    );
    return stored(events[0]?.count ?? 0, orders);
  }

  async inClickHouse(): Promise<Totals> {
    const events = await this.analyse<{ count: number }>('SELECT count() AS count FROM order_events');
    const orders = await this.analyse<{ id: string; state: string; total: number }>(
      `SELECT order_id AS id, concat(toString(version), ' ', status) AS state, ifNull(total_minor, 0) AS total FROM orders`,
    );
    return stored(events[0]?.count ?? 0, orders);
  }

  /** Resolves once the store says what the log says; fails with both when it does not in time. */
  async untilExact(kind: SinkKind): Promise<void> {
    const expected = await this.logged();
    const read = (): Promise<Totals> => (kind === 'postgres-sink' ? this.inPostgres() : this.inClickHouse());
    await until(async () => JSON.stringify(await read()) === JSON.stringify(expected), async () => `log ${JSON.stringify(expected)}\n${kind} ${JSON.stringify(await read())}`);
  }

  /** Members of the sink's group, by the ids that Kafka gave them. */
  async members(kind: SinkKind): Promise<string[]> {
    const { groups } = await withAdmin(this.kafka, (admin) => admin.describeGroups([`${this.#name}.${kind}`]));
    return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId));
  }

  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(sql, values)).rows;
  }

  /** Opens a transaction of its own that holds what the query locks. Answers how to end it. */
  async hold(sql: string): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    const { rowCount } = await client.query(sql);
    if (!rowCount) throw new Error(`there is nothing to hold: ${sql}`);
    return () => client.end();
  }

  async analyse<Row>(query: string): Promise<Row[]> {
    const result = await this.#clickhouse.query({ query, format: 'JSONEachRow', clickhouse_settings: { output_format_json_quote_64bit_integers: 0 } });
    return result.json<Row>();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sinks].map((sink) => sink.stop()));
    await Promise.all(this.#producers.map((producer) => producer.disconnect()));
    await Promise.all([this.#pool.end(), this.#clickhouse.close()]);
    await withPostgres(this.#stack.databaseUrl, `DROP DATABASE ${this.#name} WITH (FORCE)`);
    await withClickHouse(this.#stack.clickhouseUrl, `DROP DATABASE ${this.#name}`);
    await withAdmin(this.kafka, (admin) => admin.deleteTopics({ topics: [...this.topics.keys()] }));
  }

  #clickHouseStore(clickhouse: ClickHouseClient, pool: Pool, passed: (point: Failpoint) => void): SinkStore<never> {
    return clickHouseSink({
      clickhouse, pool, passed,
      catalogue: { flight: () => undefined },
      readAgain: (ranges, store) => readAgain({ kafka: this.kafka, codec, name: 'clickhouse-sink', topics: this.topics }, ranges, store),
    }) as unknown as SinkStore<never>;
  }

  async #producer(): Promise<Producer> {
    const [known] = this.#producers;
    if (known) return known;
    const producer = transactionalProducer(this.kafka, `${this.#name}.writer`);
    await producer.connect();
    this.#producers.push(producer);
    return producer;
  }

  async #makeTopics(): Promise<void> {
    const topics = [...this.topics.keys()].map((topic) => ({ topic, numPartitions: PARTITIONS, replicationFactor: 1 }));
    await makeTopics(this.kafka, topics);
  }

  async #makePostgres(): Promise<void> {
    await withPostgres(this.#stack.databaseUrl, `CREATE DATABASE ${this.#name}`);
    await migratePostgres(this.databaseUrl);
    this.#pool = openPool(this.databaseUrl, { name: 'trial' });
  }

  async #makeClickHouse(): Promise<void> {
    await withClickHouse(this.#stack.clickhouseUrl, `CREATE DATABASE ${this.#name}`);
    await migrateClickHouse(this.clickhouseUrl);
    this.#clickhouse = openClickHouse(this.clickhouseUrl, 'trial');
  }
}

const lineCounter = (lines: string[]) => createLog('trial', 'info', { write: (line) => void lines.push(JSON.parse(line).msg) });

function totalsOf(events: readonly AnyOrderEvent[]): Totals {
  const newest = new Map<string, AnyOrderEvent>();
  for (const event of events) if ((newest.get(event.orderId)?.version ?? 0) < event.version) newest.set(event.orderId, event);
  return stored(events.length, [...newest].map(([id, { version, status, order }]) => ({ id, state: `${version} ${status}`, total: order.total?.amount ?? 0 })));
}

function stored(events: number, orders: readonly { id: string; state: string; total: number }[]): Totals {
  const sorted = [...orders].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    events: Number(events),
    orders: orders.length,
    states: Object.fromEntries(sorted.map(({ id, state }) => [id, state])),
    total: orders.reduce((sum, { total }) => sum + Number(total), 0),
  };
}

/** Waits for a condition, up to half a minute. */
export async function until(holds: () => Promise<boolean> | boolean, describe: () => Promise<string> | string): Promise<void> {
  for (const deadline = Date.now() + 30_000; !(await holds()); ) {
    if (Date.now() > deadline) throw new Error(`this did not come about in time:\n${await describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function withPostgres(databaseUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

async function withClickHouse(url: string, query: string): Promise<void> {
  const client = createClient({ url });
  await client.command({ query }).finally(() => client.close());
}

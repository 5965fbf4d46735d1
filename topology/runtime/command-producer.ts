import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { messageOf } from './errors.ts';
import { faultType, idempotentProducer, type Kafka, type Message, type Producer, type TopicMessages } from './kafka.ts';

export interface OutgoingCommand {
  topic: string;
  key: Buffer | string | null;
  value: Buffer | null;
  headers?: Message['headers'];
  /** ms since the epoch, UTC; by the machine's clock unless given. Brokers refuse records from more than an hour ahead. */
  timestamp?: number;
}

/** Too many records wait for Kafka already: nothing was sent, the caller may try again later. */
export class Overloaded extends Error {
  override name = 'Overloaded';
}

/** Kafka refuses the record as it is: nothing was written. */
export class RecordRefused extends Error {
  override name = 'RecordRefused';
}

/** Kafka has not confirmed the record in time. It may or may not have been written: send the same id again, never a new one. */
export class PublishUnconfirmed extends Error {
  override name = 'PublishUnconfirmed';
}

export interface CommandProducerOptions {
  log: Logger;
  /** Records that may wait beside those being sent. */
  queueLimit?: number;
  /** Longest time from `publish` to its answer, ms. */
  deliveryTimeoutMs?: number;
}

export interface CommandProducer {
  /** Resolves once all in-sync replicas have the record. Rejects with Overloaded, RecordRefused or PublishUnconfirmed. */
  publish(record: OutgoingCommand): Promise<void>;
  /** Refuses new records, waits for those accepted, disconnects. */
  close(): Promise<void>;
}

/** What kafkajs itself tries again, with the same sequence numbers: some 3 s. Then a new producer goes on. */
const RETRY = { retries: 8, initialRetryTime: 20, maxRetryTime: 1_000 };
const QUEUE_LIMIT = 10_000;
const DELIVERY_TIMEOUT_MS = 30_000;
const BATCH_RECORDS = 2_000;
const BATCH_BYTES = 512 * 1024;
const REPLACE_PAUSE_MS = 200;
const GATHER_MS = 10;
/** Answers that speak of a record, not of the producer or the brokers. */
const REFUSALS = new Set([
  'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_TIMESTAMP', 'INVALID_RECORD', 'INVALID_TOPIC_EXCEPTION', 'UNKNOWN_TOPIC_OR_PARTITION',
  'TOPIC_AUTHORIZATION_FAILED',
]);

/** Connects a producer. Throws when Kafka does not answer. */
export async function openCommandProducer(kafka: Kafka, options: CommandProducerOptions): Promise<CommandProducer> {
  const producer = idempotentProducer(kafka, RETRY);
  await producer.connect();
  return new MicroBatcher(kafka, producer, options);
}

interface Entry {
  record: OutgoingCommand;
  resolve: () => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
  settled: boolean;
}

/**
 * One `sendBatch` at a time; what arrives meanwhile goes with the next. kafkajs's idempotent producer is only exact that way: with two
 * requests under way it can lose one and write the other twice. After an error of unknown outcome a new producer sends the batch again,
 * which may write a record twice; commands carry ids, so that does nothing.
 */
class MicroBatcher implements CommandProducer {
  readonly #kafka: Kafka;
  readonly #log: Logger;
  readonly #queueLimit: number;
  readonly #deliveryTimeoutMs: number;
  #producer: Producer | null;
  #queue: Entry[] = [];
  #draining: Promise<void> | null = null;
  #closed = false;

  constructor(kafka: Kafka, producer: Producer, options: CommandProducerOptions) {
    this.#kafka = kafka;
    this.#producer = producer;
    this.#log = options.log;
    this.#queueLimit = options.queueLimit ?? QUEUE_LIMIT;
    this.#deliveryTimeoutMs = options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS;
  }

  async publish(record: OutgoingCommand): Promise<void> {
    if (this.#closed) throw new Overloaded('the producer is closing');
    if (this.#queue.length >= this.#queueLimit) throw new Overloaded(`${this.#queue.length} records wait for Kafka already`);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => settle(entry, new PublishUnconfirmed(`Kafka has not confirmed the record within ${this.#deliveryTimeoutMs} ms`)), this.#deliveryTimeoutMs);
      const entry: Entry = { record, resolve, reject, timer, settled: false };
      this.#queue.push(entry);
      this.#draining ??= this.#drain();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
    await this.#producer?.disconnect();
    this.#producer = null;
  }

  async #drain(): Promise<void> {
    // All that is published in this turn of the event loop goes together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      await this.#deliver(batch);
      if (batch.length > 1) await this.#gather();
    }
    this.#draining = null;
  }

  /** Records come faster than Kafka confirms them: a moment's wait makes fewer and larger batches of them, for whoever reads them too. */
  async #gather(): Promise<void> {
    if (this.#queue.length < BATCH_RECORDS && !this.#closed) await sleep(GATHER_MS);
  }

  #takeBatch(): Entry[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#queue.slice(0, BATCH_RECORDS)) {
      bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
      if (count > 0 && bytes > BATCH_BYTES) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  /** Until every entry is settled: confirmed, refused or out of time. */
  async #deliver(entries: Entry[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const open = entries.filter(({ settled }) => !settled);
      if (open.length === 0) return;
      try {
        await this.#send(open);
        for (const entry of open) settle(entry);
        return;
      } catch (error) {
        if (REFUSALS.has(faultType(error))) return this.#refuse(open, error);
        this.#log.warn({ records: open.length, attempt, reason: messageOf(error) }, 'batch not confirmed; a new producer sends it again');
        this.#dropProducer();
        await sleep(REPLACE_PAUSE_MS);
      }
    }
  }

  /** The refusal names no record: each is sent alone, so that it meets the one it is meant for. */
  async #refuse(entries: Entry[], error: unknown): Promise<void> {
    const [only, ...others] = entries;
    if (only && others.length === 0) return settle(only, new RecordRefused(`Kafka refuses the record: ${messageOf(error)}`, { cause: error }));
    for (const entry of entries) await this.#deliver([entry]);
  }

  async #send(entries: Entry[]): Promise<void> {
    if (!this.#producer) {
      const producer = idempotentProducer(this.#kafka, RETRY);
      await producer.connect();
      this.#producer = producer;
    }
    await this.#producer.sendBatch({ acks: -1, topicMessages: topicMessages(entries) });
  }

  #dropProducer(): void {
    const producer = this.#producer;
    this.#producer = null;
    producer?.disconnect().catch((error) => this.#log.debug({ reason: messageOf(error) }, 'old producer not disconnected'));
  }
}

function settle(entry: Entry, error?: Error): void {
  if (entry.settled) return;
  entry.settled = true;
  clearTimeout(entry.timer);
  if (error) entry.reject(error);
  else entry.resolve();
}

function topicMessages(entries: Entry[]): TopicMessages[] {
  return [...Map.groupBy(entries, ({ record }) => record.topic)].map(([topic, mine]) => ({
    topic,
    messages: mine.map(({ record: { key, value, headers, timestamp } }) => ({
      key, value, ...(headers ? { headers } : {}), ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
    })),
  }));
}

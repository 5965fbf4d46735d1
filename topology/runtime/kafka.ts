import type { Admin, Batch, Consumer, Kafka, KafkaConfig, logLevel, Producer, RetryOptions, Transaction } from 'kafkajs';
import type { Logger } from 'pino';
import { kafkaLogger } from './kafka-logger.ts';
import { restAfterRecords } from './kafkajs/fetch-rhythm.ts';
import { loadKafkajs } from './kafkajs-patches.ts';

export type {
  Admin, Batch, Consumer, EachBatchPayload, IHeaders, Kafka, KafkaMessage, Message, Producer, RecordMetadata, TopicMessages, Transaction,
} from 'kafkajs';

const kafkajs = loadKafkajs();

/** Every number is given: what kafkajs takes for missing ones depends on NODE_ENV. About 25 s in all, then the caller hears of it. */
const RETRY: Required<Omit<RetryOptions, 'restartOnFailure'>> = { initialRetryTime: 100, factor: 0.2, multiplier: 1.6, maxRetryTime: 2_000, retries: 16 };

/** A transaction that follows another at once finds it still ending for some ms; the default pause of 300 ms would be its whole cost. 8 s in all. */
const TRANSACTION_RETRY: typeof RETRY = { initialRetryTime: 3, factor: 0, multiplier: 1.2, maxRetryTime: 200, retries: 60 };

/**
 * The count never starts anew between one fault and the next, however far apart: a limit would end the consumer some day for nothing.
 * For the same reason the pause stays at its longest once reached, so that has to be short.
 */
const CONSUMER_RETRY: typeof RETRY = { initialRetryTime: 100, factor: 0.2, multiplier: 2, maxRetryTime: 1_000, retries: Number.MAX_SAFE_INTEGER };

/** Brokers end a transaction whose producer is gone after this time, ms. Nobody reads past it meanwhile. */
export const TRANSACTION_TIMEOUT_MS = 10_000;
export const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_MS = 1_500;
const REBALANCE_TIMEOUT_MS = 20_000;

/**
 * For an answer to one request. A broker that takes longer, or a connection that died silently, costs this long before the work at hand is
 * begun anew on another connection; and a transaction that waits much longer is over anyway.
 */
const REQUEST_TIMEOUT_MS = 7_000;

export interface KafkaOptions {
  brokers: string[];
  clientId: string;
  log: Logger;
  /** Longest wait for the answer to a request, ms; longer than the default for what makes the broker work long, such as making topics. */
  requestTimeoutMs?: number;
}

const configs = new WeakMap<Kafka, KafkaConfig>();
const others = new WeakSet<Kafka>();

/** A client. Connects to nothing by itself; kafkajs's own log goes to `log`, noise of connections at debug. */
export function connectKafka({ brokers, clientId, log, requestTimeoutMs = REQUEST_TIMEOUT_MS }: KafkaOptions): Kafka {
  return open({
    brokers, clientId, retry: RETRY,
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    logLevel: kafkajs.logLevel.INFO as logLevel,
    logCreator: kafkaLogger(log),
  });
}

/** Takes a client that is not kafkajs's own: it has the same members, and retries as it sees fit. */
export function adoptKafka(client: Kafka): Kafka {
  others.add(client);
  return client;
}

function open(config: KafkaConfig): Kafka {
  const kafka = new kafkajs.Kafka(config);
  configs.set(kafka, config);
  return kafka;
}

/**
 * The same client with other retries. Steps of a transaction take them from the client, not from the producer; and members of one group
 * must not share a client, which keeps one set of offsets per group for all its consumers.
 */
function withRetry(kafka: Kafka, retry: RetryOptions): Kafka {
  if (others.has(kafka)) return kafka;
  const config = configs.get(kafka);
  if (!config) throw new Error('this Kafka client was not made by connectKafka');
  return open({ ...config, retry });
}

/**
 * Producer of one transactional id; the first transaction it begins fences every older one with that id. One transaction at a time, one
 * `sendBatch` at a time. After any error in a transaction it is of no further use: disconnect it and make another.
 */
export function transactionalProducer(kafka: Kafka, transactionalId: string): Producer {
  return withRetry(kafka, TRANSACTION_RETRY).producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: TRANSACTION_RETRY,
  });
}

/** Producer whose retries write nothing twice, as long as one `sendBatch` at a time is under way. Partitions keys as the Java client does. */
export function idempotentProducer(kafka: Kafka, retry: Partial<RetryOptions> = {}): Producer {
  const retries = { ...RETRY, initialRetryTime: 20, ...retry };
  return withRetry(kafka, retries).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: retries,
  });
}

/**
 * More than any batch that is written, a chunk's events of one type or a full batch of commands: of batches that are larger than this a broker
 * gives one in each answer, whatever else is asked for.
 */
const PARTITION_BYTES = 1024 * 1024;

export interface GroupConsumerOptions {
  groupId: string;
  /** Silence after which the group gives this member's partitions to others, ms. */
  sessionTimeout?: number;
  heartbeatInterval?: number;
  /** How long the group waits for a member to finish its batches and join again, ms. */
  rebalanceTimeout?: number;
  /** Longest wait of a fetch that finds nothing; also how soon a resumed partition is read again, ms. */
  maxWaitTimeInMs?: number;
  /** A fetch is answered before its longest wait only when so much is there. With 0 it is answered at once, and the wait is between fetches. */
  minBytes?: number;
  /** From a fetch that brought records to the next, ms: what comes meanwhile is taken together. Without it the next follows at once. */
  restAfterRecordsMs?: number;
  maxBytesPerPartition?: number;
  maxBytes?: number;
}

/** Member of a consumer group that reads committed records only. Where a group has no offset `fromBeginning: true` must be given to subscribe. */
export function groupConsumer(kafka: Kafka, { restAfterRecordsMs, ...options }: GroupConsumerOptions): Consumer {
  if (restAfterRecordsMs !== undefined) restAfterRecords(options.groupId, restAfterRecordsMs);
  return withRetry(kafka, CONSUMER_RETRY).consumer({
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: PARTITION_BYTES,
    maxBytes: 4 * 1024 * 1024,
    ...options,
    readUncommitted: false,
    allowAutoTopicCreation: false,
    retry: CONSUMER_RETRY,
  });
}

/** Runs with a connected admin client, and disconnects it. */
export async function withAdmin<T>(kafka: Kafka, run: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await run(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Offset the batch was fetched from: at most that of its first record. */
export const fetchedOffsetOf = (batch: Batch): string => (batch as Batch & { fetchedOffset: string }).fetchedOffset;

type Offsets = Parameters<Transaction['sendOffsets']>[0];
const OFFSETS_PATIENCE_MS = 5_000;

/** Answers to this step by which nothing was done: the transaction before is still ending, the coordinator moves or starts. */
const NOT_YET = ['CONCURRENT_TRANSACTIONS', 'NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS'];

/** Adds offsets to a transaction, with or without records. kafkajs does not try this step again; here it is tried for 5 s. */
export async function sendOffsets(transaction: Transaction, offsets: Offsets): Promise<void> {
  for (const deadline = Date.now() + OFFSETS_PATIENCE_MS; ; ) {
    try {
      return await transaction.sendOffsets(offsets);
    } catch (error) {
      if (!hasType(error, ...NOT_YET) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2 * TRANSACTION_RETRY.initialRetryTime));
    }
  }
}

interface KafkaFault { type?: unknown; message?: unknown; retriable?: unknown; name?: unknown; cause?: unknown }
/** PRODUCER_FENCED, which kafkajs does not know by name. */
const UNNAMED_FENCED = 'Unknown error code 90';

/** The error and what caused it: kafkajs wraps what the broker answered. */
function* chainOf(error: unknown): Generator<KafkaFault> {
  for (let fault = error as KafkaFault | undefined; fault && typeof fault === 'object'; fault = fault.cause as KafkaFault | undefined) yield fault;
}

const hasType = (error: unknown, ...types: string[]): boolean => [...chainOf(error)].some(({ type }) => types.includes(type as string));

/** What the broker answered, such as MESSAGE_TOO_LARGE; empty where the error is none of its answers. */
export function faultType(error: unknown): string {
  for (const { type } of chainOf(error)) if (typeof type === 'string') return type;
  return '';
}

/** Another producer has taken the transactional id, or the broker has ended this one's transaction for its age. */
export const isFenced = (error: unknown): boolean =>
  hasType(error, 'INVALID_PRODUCER_EPOCH') || [...chainOf(error)].some(({ type, message }) => type === 'KAFKAJS_UNKNOWN_ERROR_CODE' && message === UNNAMED_FENCED);

/** The group is sharing its partitions out anew, or has gone on without this member. */
export const isRebalancing = (error: unknown): boolean => hasType(error, 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID');

/** The same call may succeed later. Errors that are not Kafka's are never called so. */
export const isRetriable = (error: unknown): boolean => {
  const [outermost, ...causes] = chainOf(error);
  if (!outermost || !String(outermost.name).startsWith('KafkaJS')) return false;
  const origin = outermost.name === 'KafkaJSNumberOfRetriesExceeded' || outermost.name === 'KafkaJSNonRetriableError' ? causes.at(-1) : outermost;
  return origin?.retriable === true;
};

/** What each member of a group holds: partitions by topic. */
export async function assignmentsOf(kafka: Kafka, groupId: string): Promise<Record<string, number[]>[]> {
  const { groups } = await withAdmin(kafka, (admin) => admin.describeGroups([groupId]));
  return (groups[0]?.members ?? []).map(({ memberAssignment }) => kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {});
}

/** Whether a broker answers at the moment, over a connection of its own. Never throws. */
export async function isReachable(kafka: Kafka): Promise<boolean> {
  const once = { ...RETRY, retries: 0 };
  try {
    await withAdmin(withRetry(kafka, once), (admin) => admin.describeCluster());
    return true;
  } catch {
    return false;
  }
}

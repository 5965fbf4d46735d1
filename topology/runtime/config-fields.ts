import { z } from 'zod';
import type { Settings } from '../../processors/settings.ts';

/** One field, declared once: what it may be, where it comes from, what it is for. */
export interface Field<T> {
  /** Checks a value of the file, or of the environment once read by `fromText`. */
  schema: z.ZodType<T>;
  /** What the environment's text stands for. */
  fromText: (text: string) => unknown;
  env: string;
  /** Undefined: the field is left out where nobody gives it. */
  default: unknown;
  doc: string;
}

const asText = (text: string): unknown => text;
const asNumber = (text: string): unknown => (text.trim() === '' ? text : Number(text));
const asList = (text: string): unknown =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function field<T>(env: string, schema: z.ZodType<T>, fallback: unknown, doc: string, fromText = asText): Field<T> {
  return { schema, fromText, env, default: fallback, doc };
}

const whole = (env: string, min: number, max: number, fallback: number, doc: string): Field<number> =>
  field(
    env,
    z
      .int(`a whole number from ${min} to ${max}`)
      .min(min, { error: `at least ${min}` })
      .max(max, { error: `at most ${max}` }),
    fallback,
    doc,
    asNumber,
  );

const ratio = (env: string, min: number, max: number, fallback: number, doc: string): Field<number> =>
  field(
    env,
    z
      .number(`a number from ${min} to ${max}`)
      .min(min, { error: `at least ${min}` })
      .max(max, { error: `at most ${max}` }),
    fallback,
    doc,
    asNumber,
  );

const oneOf = <const T extends string>(env: string, values: readonly T[], fallback: T, doc: string): Field<T> =>
  field(env, z.enum(values, `one of ${values.join(', ')}`), fallback, doc);

const address = (env: string, protocols: readonly string[], fallback: string, doc: string): Field<string> =>
  field(
    env,
    z.string(`an address`).refine((text) => protocols.includes(protocolOf(text)), `an address like ${fallback}`),
    fallback,
    doc,
  );

const list = (env: string, item: RegExp, what: string, fallback: readonly string[], doc: string): Field<string[]> =>
  field(env, z.array(z.string(what).regex(item, what), `a list of ${what}`), fallback, doc, asList);

const protocolOf = (text: string): string => (URL.canParse(text) ? new URL(text).protocol : '');

const DAY_MS = 86_400_000;
const CHANNELS = ['email', 'sms', 'push'] as const;

/** Where things are, and the secrets. */
export const FIELDS = {
  kafkaBrokers: field(
    'KAFKA_BROKERS',
    z
      .array(z.string().regex(/^[^\s:]+:\d{1,5}$|^\[[\da-fA-F:]+\]:\d{1,5}$/, 'host:port'), 'a list of host:port')
      .min(1, 'at least one host:port'),
    ['127.0.0.1:9092'],
    'Kafka bootstrap brokers, `host:port`, comma-separated.',
    asList,
  ),
  schemaRegistryUrl: address(
    'SCHEMA_REGISTRY_URL',
    ['http:', 'https:'],
    'http://127.0.0.1:8081',
    "Base of the schema registry's Confluent API.",
  ),
  redisUrl: address('REDIS_URL', ['redis:', 'rediss:'], 'redis://127.0.0.1:6379', 'Redis, a single primary.'),
  databaseUrl: address('DATABASE_URL', ['postgres:', 'postgresql:'], 'postgresql://127.0.0.1:5432/iaros', 'Postgres.'),
  clickhouseUrl: address(
    'CLICKHOUSE_URL',
    ['http:', 'https:'],
    'http://127.0.0.1:8123',
    "ClickHouse's HTTP interface.",
  ),
  sandboxUrl: address(
    'IAROS_SANDBOX_URL',
    ['http:', 'https:'],
    'http://127.0.0.1:18090',
    'Simulators of payment, reservation and messages.',
  ),
  port: whole('IAROS_PORT', 0, 65_535, 8080, 'Port of the HTTP API and the console; 0 takes a free one.'),
  dataDir: field(
    'IAROS_DATA_DIR',
    z.string('a folder').min(1, 'a folder'),
    '.local/data',
    "Folder of the local servers' data.",
  ),
  partitions: whole('IAROS_PARTITIONS', 1, 1_000, 6, 'Partitions of the keyed topics; fixed once the topics exist.'),
  environment: field(
    'IAROS_ENVIRONMENT',
    z.string('a name').regex(/^[a-z0-9-]{1,40}$/, 'lower case, digits, hyphens'),
    'iaros',
    'Prefix of transactional ids: keeps installations that share a cluster apart.',
  ),
  host: field('IAROS_HOST', z.string('an address').min(1, 'an address'), '127.0.0.1', 'Address that the HTTP API and the workers\' probes listen on.'),
  workerPort: whole('IAROS_WORKER_PORT', 0, 65_535, 0, "Port of a worker's probes and metrics; 0 for none."),
  stuckPollMs: whole('IAROS_STUCK_POLL_MS', 100, DAY_MS, 10_000, 'How often orders that stand still are looked for, ms.'),
  sinkStandBackMs: whole(
    'IAROS_SINK_STAND_BACK_MS',
    0,
    600_000,
    10_000,
    'How far the sinks may fall behind to let a burst of orders have the processors, ms; 0: they never wait for it.',
  ),
  logLevel: oneOf(
    'IAROS_LOG_LEVEL',
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'info',
    'Least severe level that is logged.',
  ),
  masterKey: field(
    'IAROS_MASTER_KEY',
    z
      .string('32 bytes in base64')
      .transform((text) => Buffer.from(text, 'base64'))
      .refine((key) => key.length === 32, '32 bytes in base64'),
    undefined,
    "Master key over the customers' data keys: 32 bytes in base64. The same in every process.",
  ),
  pepper: field(
    'IAROS_PEPPER',
    z.string('at least 16 characters').min(16, 'at least 16 characters'),
    undefined,
    'Secret under which addresses and devices are hashed. The same in every process, for good.',
  ),
  devKey: field(
    'IAROS_DEV_KEY',
    z.string('at least 16 characters').min(16, 'at least 16 characters'),
    undefined,
    'Bearer key with every role; accepted only while bound to loopback.',
  ),
};

/** The rules of business. */
export const SETTINGS: { [Name in keyof Settings]: Field<Settings[Name]> } = {
  maxConcurrentOrders: whole(
    'IAROS_MAX_CONCURRENT_ORDERS',
    1,
    1_000_000,
    10_000,
    'Orders in progress before new ones are turned away.',
  ),
  orderTimeoutMs: whole(
    'IAROS_ORDER_TIMEOUT_MS',
    100,
    DAY_MS,
    30_000,
    'Time in which an order is expected to end, ms.',
  ),
  stepRetries: whole('IAROS_STEP_RETRIES', 0, 100, 3, 'Tries in place before a step goes to its retry topic.'),
  sinkBatch: whole('IAROS_SINK_BATCH', 1, 100_000, 1_000, 'Events a sink gathers for one write: four times as many for Postgres, ten times for ClickHouse.'),
  paymentTimeoutMs: whole('IAROS_PAYMENT_TIMEOUT_MS', 10, 600_000, 15_000, 'Longest wait for a payment answer, ms.'),
  fraudThreshold: ratio('IAROS_FRAUD_THRESHOLD', 0, 1, 0.8, 'Orders scored at or above it are declined.'),
  fraudReviewThreshold: ratio(
    'IAROS_FRAUD_REVIEW_THRESHOLD',
    0,
    1,
    0.6,
    'Orders scored at or above it are marked for review.',
  ),
  blockedTokens: list(
    'IAROS_BLOCKED_TOKENS',
    /^\S+$/,
    'payment tokens',
    ['tok_fraud'],
    'Payment tokens refused outright.',
  ),
  currencies: list(
    'IAROS_CURRENCIES',
    /^[A-Z]{3}$/,
    'ISO 4217 codes',
    ['USD', 'EUR', 'GBP', 'JPY'],
    'Currencies sold in, ISO 4217.',
  ),
  refundWindowDays: whole('IAROS_REFUND_WINDOW_DAYS', 0, 3_650, 90, 'Days in which a fulfilled order can be refunded.'),
  holdMs: whole('IAROS_HOLD_MS', 100, DAY_MS, 900_000, 'How long seats are held for an order, ms.'),
  inventorySyncMs: whole('IAROS_INVENTORY_SYNC_MS', 100, DAY_MS, 10_000, 'How often seat counts are published, ms.'),
  allocation: oneOf(
    'IAROS_ALLOCATION',
    ['first_come_first_served'],
    'first_come_first_served',
    'How contended seats are given out.',
  ),
  overbookingFactor: ratio('IAROS_OVERBOOKING_FACTOR', 1, 2, 1.05, 'Seats sold per seat of capacity.'),
  notificationChannels: field(
    'IAROS_NOTIFICATION_CHANNELS',
    z.array(z.enum(CHANNELS, `of ${CHANNELS.join(', ')}`), `a list of ${CHANNELS.join(', ')}`),
    [...CHANNELS],
    'Ways in which customers are notified.',
    asList,
  ),
  notificationRetries: whole('IAROS_NOTIFICATION_RETRIES', 0, 100, 3, 'Tries of a message beyond the first.'),
  airlineAccountingCode: field(
    'IAROS_AIRLINE_ACCOUNTING_CODE',
    z.string('3 digits').regex(/^\d{3}$/, '3 digits'),
    '000',
    'IATA airline accounting code, the first digits of a ticket number; the default belongs to no airline.',
  ),
  ticketCheckDigitScheme: oneOf(
    'IAROS_TICKET_CHECK_DIGIT_SCHEME',
    ['document10', 'airline_document13'],
    'document10',
    "Digits a ticket's check digit is taken over: the 10 of the document, or all 13.",
  ),
};

import type { logCreator } from 'kafkajs';
import type { Logger } from 'pino';

/** kafkajs's levels. */
const ERROR = 1;
const WARN = 2;

/** Parts that report as errors what is then tried again: those who asked hear of it if it does not pass. */
const TRIES_AGAIN = new Set(['Connection', 'ConnectionPool', 'BrokerPool', 'Broker', 'Cluster', 'RequestQueue', 'Producer', 'FetchManager']);
/** Parts that go on by themselves after what they call an error. */
const GOES_ON = new Set(['Runner', 'ConsumerGroup']);
/** Warnings that state what was chosen on purpose. */
const ON_PURPOSE = [/^Limiting retries for the idempotent producer/, /^The group is rebalancing/, /^Response without match/];
/** What a line may carry along; anything else kafkajs adds may hold records. */
const FACTS = ['groupId', 'memberId', 'topic', 'partition', 'offset', 'broker', 'clientId', 'retryCount', 'retryTime', 'unknownPartitions'] as const;

type Level = 'debug' | 'warn' | 'error';

/** Passes kafkajs's own log on. Faults a caller hears of anyway, and all that is routine, at debug. */
export function kafkaLogger(log: Pick<Logger, Level>): logCreator {
  return () => ({ namespace, level, log: { message, ...extra } }) => {
    const facts = Object.fromEntries(FACTS.flatMap((name) => (extra[name] === undefined ? [] : [[name, extra[name]]])));
    log[severityOf(namespace, level, message)]({ ...facts, part: namespace, reason: reasonOf(extra.error) }, `kafka: ${message}`);
  };
}

function severityOf(namespace: string, level: number, message: string): Level {
  if (level > WARN || TRIES_AGAIN.has(namespace) || ON_PURPOSE.some((pattern) => pattern.test(message))) return 'debug';
  return level === ERROR && !GOES_ON.has(namespace) ? 'error' : 'warn';
}

const reasonOf = (error: unknown): string | undefined => (error instanceof Error ? error.message : typeof error === 'string' ? error : undefined);

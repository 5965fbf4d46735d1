import { kafkajsModule } from '../../../topology/runtime/kafkajs-patches.ts';

interface ErrorModule {
  KafkaJSConnectionError: new (message: string, options: { broker: string }) => Error;
  KafkaJSNonRetriableError: new (message: string) => Error;
  KafkaJSNumberOfRetriesExceeded: new (cause: Error, options: { retryCount: number; retryTime: number }) => Error;
}

const errors = kafkajsModule<ErrorModule>('src/errors.js');
const { createErrorFromCode } = kafkajsModule<{ createErrorFromCode(code: number): Error & { type: string } }>('src/protocol/error.js');

const CODES = {
  ILLEGAL_GENERATION: 22,
  UNKNOWN_MEMBER_ID: 25,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  CONCURRENT_TRANSACTIONS: 51,
} as const;

/** What a broker answers by code, as kafkajs makes it known. */
export const brokerError = (type: keyof typeof CODES): Error => createErrorFromCode(CODES[type]);

/** A connection went, and kafkajs has given up trying again. */
export function connectionLost(): Error {
  return new errors.KafkaJSNumberOfRetriesExceeded(new errors.KafkaJSConnectionError('Connection lost', { broker: 'simulated:9092' }), { retryCount: 1, retryTime: 10 });
}

/** A client used against its own rules. */
export const misuse = (message: string): Error => new errors.KafkaJSNonRetriableError(message);

export const isConcurrent = (error: unknown): boolean => (error as { type?: unknown }).type === 'CONCURRENT_TRANSACTIONS';

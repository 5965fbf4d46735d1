import type { LogEntry } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { faultType, isFenced, isRebalancing, isRetriable } from '../../../topology/runtime/kafka.ts';
import { kafkaLogger } from '../../../topology/runtime/kafka-logger.ts';
import { kafkajsModule } from '../../../topology/runtime/kafkajs-patches.ts';

const { createErrorFromCode } = kafkajsModule<{ createErrorFromCode(code: number): Error }>('src/protocol/error.js');
const errors = kafkajsModule<Record<string, new (message: unknown, facts?: object) => Error>>('src/errors.js');
const make = (name: string, message: unknown, facts?: object): Error => new (errors[name] as new (m: unknown, f?: object) => Error)(message, facts);

const answer = { fenced: createErrorFromCode(47), fencedSince28: createErrorFromCode(90), generation: createErrorFromCode(22), member: createErrorFromCode(25), rebalance: createErrorFromCode(27), coordinator: createErrorFromCode(16), tooLarge: createErrorFromCode(10) };
const gaveUp = (cause: Error): Error => make('KafkaJSNumberOfRetriesExceeded', cause, { retryCount: 5, retryTime: 100 });
const wrapped = (cause: Error): Error => make('KafkaJSNonRetriableError', cause, { cause });

describe('errors of Kafka', () => {
  it('tell that the producer is fenced, by either code and however wrapped', () => {
    for (const error of [answer.fenced, answer.fencedSince28, wrapped(answer.fenced), gaveUp(wrapped(answer.fencedSince28))]) expect(isFenced(error)).toBe(true);
    for (const error of [answer.generation, new Error('INVALID_PRODUCER_EPOCH'), new Error('Unknown error code 90'), undefined, 'fenced']) expect(isFenced(error)).toBe(false);
  });

  it('tell that the group moves on', () => {
    for (const error of [answer.generation, answer.member, answer.rebalance, wrapped(answer.rebalance)]) expect(isRebalancing(error)).toBe(true);
    for (const error of [answer.fenced, answer.coordinator, new Error('x'), null]) expect(isRebalancing(error)).toBe(false);
  });

  it('tell whether the same call may succeed later', () => {
    const connection = make('KafkaJSConnectionError', 'refused');
    for (const error of [answer.coordinator, connection, gaveUp(connection)]) expect(isRetriable(error)).toBe(true);
    for (const error of [answer.fenced, wrapped(answer.tooLarge), make('KafkaJSNonRetriableError', 'no'), new Error('x'), undefined]) expect(isRetriable(error)).toBe(false);
  });

  it('give the broker\'s answer by name', () => {
    expect(faultType(wrapped(answer.tooLarge))).toBe('MESSAGE_TOO_LARGE');
    expect(faultType(new Error('x'))).toBe('');
  });
});

describe('the log of kafkajs', () => {
  const lines: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  const write = kafkaLogger({ debug: at('debug'), warn: at('warn'), error: at('error') } as never)(4);
  const logged = (namespace: string, level: number, message: string, extra: object = {}) => {
    lines.length = 0;
    write({ namespace, level, label: 'X', log: { timestamp: '', logger: 'kafkajs', message, ...extra } } as LogEntry);
    return lines[0];
  };

  it('goes on at the level that suits who reads it', () => {
    expect(logged('Consumer', 1, 'Crash: KafkaJSError: x')?.level).toBe('error');
    expect(logged('Runner', 2, 'something odd')?.level).toBe('warn');
    expect(logged('Connection', 1, 'Connection error: connect ECONNREFUSED')?.level).toBe('debug');
    expect(logged('Producer', 2, 'Limiting retries for the idempotent producer may invalidate EoS guarantees')?.level).toBe('debug');
    expect(logged('ConsumerGroup', 4, 'Consumer has joined the group')?.level).toBe('debug');
  });

  it('carries nothing of the records', () => {
    const line = logged('Runner', 1, 'Error when calling eachBatch', { topic: 't', offset: '7', messages: [{ value: 'secret' }], error: new Error('boom'), stack: 'at …' });
    expect(line).toEqual({ level: 'warn', fields: { topic: 't', offset: '7', part: 'Runner', reason: 'boom' }, message: 'kafka: Error when calling eachBatch' });
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CommandProducer, openCommandProducer, Overloaded, PublishUnconfirmed, RecordRefused } from '../../../topology/runtime/command-producer.ts';
import { connectKafka, type Kafka, type Producer, type TopicMessages } from '../../../topology/runtime/kafka.ts';
import { createLog } from '../../../topology/runtime/log.ts';

/** What stands for Kafka here: what was sent, by which producer, and what happens to it. */
const fake = vi.hoisted(() => ({
  sends: [] as { producer: number; values: string[] }[],
  answer: (async () => undefined) as (values: string[]) => Promise<void>,
  made: 0,
  disconnected: [] as number[],
  connectFault: null as Error | null,
  underWay: 0,
  mostUnderWay: 0,
}));

vi.mock(import('../../../topology/runtime/kafka.ts'), async (original) => {
  const real = await original();
  const idempotentProducer = (): Producer => {
    fake.made += 1;
    const producer = fake.made;
    return {
      connect: async () => {
        if (fake.connectFault) throw fake.connectFault;
      },
      disconnect: async () => void fake.disconnected.push(producer),
      sendBatch: async ({ topicMessages = [] }: { topicMessages?: TopicMessages[] }) => {
        const values = topicMessages.flatMap(({ topic, messages }) => messages.map(({ value }) => `${topic}:${value}`));
        fake.sends.push({ producer, values });
        fake.underWay += 1;
        fake.mostUnderWay = Math.max(fake.mostUnderWay, fake.underWay);
        await fake.answer(values).finally(() => (fake.underWay -= 1));
      },
    } as unknown as Producer;
  };
  return { ...real, idempotentProducer } as typeof real;
});

const log = createLog('test', 'fatal');
const kafka: Kafka = connectKafka({ brokers: ['127.0.0.1:1'], clientId: 'test', log });
const record = (value: string, topic = 't') => ({ topic, key: 'k', value: Buffer.from(value) });
const protocolError = (type: string): Error => Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type });
const open = (options: { queueLimit?: number; deliveryTimeoutMs?: number } = {}): Promise<CommandProducer> => openCommandProducer(kafka, { log, ...options });
const soon = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  Object.assign(fake, { sends: [], answer: async () => undefined, made: 0, disconnected: [], connectFault: null, underWay: 0, mostUnderWay: 0 });
});
afterEach(() => void vi.useRealTimers());

describe('publishing', () => {
  it('sends one batch at a time; what arrives meanwhile goes with the next', async () => {
    const gate = Promise.withResolvers<void>();
    fake.answer = () => gate.promise;
    const producer = await open();
    const first = [producer.publish(record('1')), producer.publish(record('2', 'u'))];
    await soon();
    const second = ['3', '4', '5'].map((value) => producer.publish(record(value)));
    await soon();
    expect(fake.sends.map(({ values }) => values)).toEqual([['t:1', 'u:2']]);
    gate.resolve();
    await Promise.all([...first, ...second]);
    expect(fake.sends.map(({ values }) => values)).toEqual([['t:1', 'u:2'], ['t:3', 't:4', 't:5']]);
    expect(fake.mostUnderWay).toBe(1);
  });

  it('lets records gather for a moment after a batch of several, and none after one alone', async () => {
    const producer = await open();
    await Promise.all([producer.publish(record('1')), producer.publish(record('2'))]);
    const first = producer.publish(record('3'));
    await soon();
    const second = producer.publish(record('4'));
    await Promise.all([first, second]);
    await producer.close();
    const alone = await open();
    await alone.publish(record('5'));
    await soon();
    void alone.publish(record('6'));
    await soon();
    expect(fake.sends.map(({ values }) => values)).toEqual([['t:1', 't:2'], ['t:3', 't:4'], ['t:5'], ['t:6']]);
  });

  it('goes on after a pause, and cuts batches by size and count', async () => {
    const producer = await open();
    await producer.publish(record('1'));
    await soon();
    await producer.publish(record('2'));
    const large = 'x'.repeat(300 * 1024);
    await Promise.all([record(large), record(large), ...Array.from({ length: 2_001 }, () => record('s'))].map((it) => producer.publish(it)));
    expect(fake.sends.map(({ values }) => values.length)).toEqual([1, 1, 1, 2_000, 2]);
  });

  it('is not confirmed before Kafka has confirmed', async () => {
    const gate = Promise.withResolvers<void>();
    fake.answer = () => gate.promise;
    const producer = await open();
    let confirmed = false;
    const publishing = producer.publish(record('1')).then(() => (confirmed = true));
    await soon();
    expect(confirmed).toBe(false);
    gate.resolve();
    await publishing;
    expect(confirmed).toBe(true);
  });
});

describe('when the outcome is unknown', () => {
  it('a new producer sends the same batch again, in the same order', async () => {
    fake.answer = async () => {
      if (fake.sends.length < 3) throw protocolError('REQUEST_TIMED_OUT');
    };
    const producer = await open();
    await Promise.all(['1', '2'].map((value) => producer.publish(record(value))));
    expect(fake.sends).toEqual([1, 2, 3].map((made) => ({ producer: made, values: ['t:1', 't:2'] })));
    expect(fake.disconnected).toEqual([1, 2]);
  });

  it('it is told so at the deadline; later records are sent once Kafka answers again', async () => {
    vi.useFakeTimers();
    fake.answer = async () => { throw new Error('no broker'); };
    const producer = await open({ deliveryTimeoutMs: 1_000 });
    fake.connectFault = new Error('refused');
    const lost = expect(producer.publish(record('lost'))).rejects.toThrow(new PublishUnconfirmed('Kafka has not confirmed the record within 1000 ms'));
    await vi.advanceTimersByTimeAsync(1_100);
    await lost;
    fake.connectFault = null;
    fake.answer = async () => undefined;
    const later = producer.publish(record('later'));
    await vi.advanceTimersByTimeAsync(300);
    await later;
    expect(fake.sends.map(({ values }) => values)).toEqual([['t:lost'], ['t:later']]);
  });
});

describe('what is refused', () => {
  it('concerns the one record it is meant for: the rest of the batch is written', async () => {
    fake.answer = async (values) => {
      if (values.includes('t:bad')) throw protocolError('MESSAGE_TOO_LARGE');
    };
    const producer = await open();
    const outcomes = await Promise.allSettled(['1', 'bad', '2'].map((value) => producer.publish(record(value))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((outcomes[1] as PromiseRejectedResult).reason).toEqual(new RecordRefused('Kafka refuses the record: MESSAGE_TOO_LARGE'));
    expect(fake.made).toBe(1);
  });

  it('is everything beyond the limit of what may wait, at once', async () => {
    const gate = Promise.withResolvers<void>();
    fake.answer = () => gate.promise;
    const producer = await open({ queueLimit: 2 });
    const sent = producer.publish(record('1'));
    await soon();
    const waiting = [producer.publish(record('2')), producer.publish(record('3'))];
    await expect(producer.publish(record('4'))).rejects.toThrow(new Overloaded('2 records wait for Kafka already'));
    gate.resolve();
    await Promise.all([sent, ...waiting]);
    await producer.publish(record('5'));
    expect(fake.sends.flatMap(({ values }) => values)).toEqual(['t:1', 't:2', 't:3', 't:5']);
  });
});

describe('closing', () => {
  it('waits for what was accepted, takes nothing more, disconnects', async () => {
    const gate = Promise.withResolvers<void>();
    fake.answer = () => gate.promise;
    const producer = await open();
    const accepted = [producer.publish(record('1'))];
    await soon();
    accepted.push(producer.publish(record('2')));
    const closing = producer.close();
    await expect(producer.publish(record('3'))).rejects.toThrow(Overloaded);
    expect(fake.disconnected).toEqual([]);
    gate.resolve();
    await Promise.all([closing, ...accepted]);
    expect(fake.sends.flatMap(({ values }) => values)).toEqual(['t:1', 't:2']);
    expect(fake.disconnected).toEqual([1]);
  });

  it('opening fails when Kafka does not answer', async () => {
    fake.connectFault = new Error('refused');
    await expect(open()).rejects.toThrow('refused');
  });
});

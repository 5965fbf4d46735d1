import { createRequire, Module } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type AbortedTransaction, beatingOn, closingWhenSilent, type FetchedRecord, filterAborted, kafkajsModule, refuseOtherVersions, withNextOffset,
} from '../../../topology/runtime/kafkajs-patches.ts';

type Filter = typeof filterAborted;
const require = createRequire(import.meta.url);

/** The module as published, whatever is in the module cache. */
function stock<T>(path: string): T {
  const filename = require.resolve(`kafkajs/${path}`);
  const module = new Module(filename) as Module & { load(filename: string): void };
  module.load(filename);
  return module.exports as T;
}

const stockFilter = stock<Filter>('src/consumer/filterAbortedMessages.js');

const record = (offset: number, producerId: string, key: Buffer | null = Buffer.from('k')): FetchedRecord => ({
  offset: String(offset), key, value: Buffer.from('v'), isControlRecord: false, batchContext: { producerId, inTransaction: true },
});
const marker = (offset: number, producerId: string, type: 'abort' | 'commit'): FetchedRecord => ({
  ...record(offset, producerId, Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1])), isControlRecord: true,
});
const dataOffsets = (filter: Filter, messages: FetchedRecord[], abortedTransactions: AbortedTransaction[]): number[] =>
  filter({ messages, abortedTransactions }).filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset));

describe('records of aborted transactions', () => {
  it.each([
    {
      name: 'listed in the order in which they ended',
      messages: [record(100, 'a'), record(101, 'b'), record(102, 'c'), marker(103, 'b', 'abort'), marker(104, 'a', 'abort'), marker(105, 'c', 'commit')],
      aborted: [{ producerId: 'b', firstOffset: '101' }, { producerId: 'a', firstOffset: '100' }],
      committed: [102],
      leaked: [100, 102],
    },
    {
      name: 'two of them open where the fetch starts',
      messages: [record(105, 'b'), record(106, 'a'), marker(107, 'a', 'abort'), marker(108, 'b', 'abort'), record(109, 'a'), marker(110, 'a', 'commit')],
      aborted: [{ producerId: 'a', firstOffset: '7' }, { producerId: 'b', firstOffset: '9' }],
      committed: [109],
      leaked: [105, 109],
    },
    {
      name: 'with a record whose key looks like an abort marker',
      messages: [record(10, 'a', Buffer.alloc(4)), record(11, 'a'), marker(12, 'a', 'abort')],
      aborted: [{ producerId: 'a', firstOffset: '10' }],
      committed: [],
      leaked: [10, 11],
    },
    {
      name: 'with offsets that numbers compare wrongly as text and as floats',
      messages: [record(9, 'a'), { ...record(0, 'b'), offset: '9007199254740993' }],
      aborted: [{ producerId: 'b', firstOffset: '9007199254740993' }, { producerId: 'a', firstOffset: '9' }],
      committed: [],
      leaked: [9],
    },
  ])('are all held back: $name', ({ messages, aborted, committed, leaked }) => {
    expect(dataOffsets(filterAborted, messages, aborted)).toEqual(committed);
    expect(dataOffsets(stockFilter, messages, aborted)).toEqual(leaked);
  });

  it('end with their own marker: the same producer goes on and commits, aborts again, or writes outside a transaction', () => {
    const plain = { ...record(25, 'a'), batchContext: { producerId: 'a', inTransaction: false } };
    const messages = [
      record(20, 'a'), marker(21, 'a', 'abort'), record(22, 'a'), marker(23, 'a', 'commit'), record(24, 'a'), plain, marker(26, 'a', 'abort'),
    ];
    const aborted = [{ producerId: 'a', firstOffset: '20' }, { producerId: 'a', firstOffset: '24' }];
    expect(dataOffsets(filterAborted, messages, aborted)).toEqual([22, 25]);
  });

  it('are not looked for where there are none', () => {
    const messages = [record(1, 'a'), record(2, 'b')];
    expect(filterAborted({ messages })).toBe(messages);
    expect(filterAborted({ messages, abortedTransactions: [] })).toBe(messages);
  });

  it('are filtered by the corrected function wherever kafkajs does it', () => {
    expect(kafkajsModule('src/consumer/filterAbortedMessages.js')).toBe(filterAborted);
    const Batch = kafkajsModule<new (topic: string, offset: string, data: object) => { messages: FetchedRecord[] }>('src/consumer/batch.js');
    const batch = new Batch('t', '105', {
      partition: 0, highWatermark: '109', messages: [record(105, 'b'), record(106, 'a'), marker(107, 'a', 'abort'), marker(108, 'b', 'abort')],
      abortedTransactions: [{ producerId: 'a', firstOffset: '7' }, { producerId: 'b', firstOffset: '9' }],
    });
    expect(batch.messages).toEqual([]);
  });
});

interface Queue {
  throttledUntil: number;
  push(request: object): void;
  fulfillRequest(answer: { correlationId: number; payload: null; size: number }): void;
}
type QueueClass = new (options: object) => Queue;

function queueOf(Class: QueueClass): Queue {
  const logger = { debug: () => undefined, warn: () => undefined };
  return new Class({ maxInFlightRequests: null, requestTimeout: 1_000, enforceRequestTimeout: false, clientId: 'c', broker: 'b', logger });
}

function request(correlationId: number, sent: number[]): object {
  return { entry: { correlationId, resolve: () => undefined, reject: () => undefined }, expectResponse: true, sendRequest: () => sent.push(correlationId) };
}

describe('an idle connection', () => {
  const corrected = kafkajsModule<QueueClass>('src/network/requestQueue/index.js');
  afterEach(() => {
    // In this order: the spy is on the fake timers, and would put them back.
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  function wakeUpsAfterOneAnswer(Class: QueueClass): number {
    vi.useFakeTimers({ now: 1_000_000 });
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const queue = queueOf(Class);
    queue.push(request(1, []));
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    vi.advanceTimersByTime(1_000);
    vi.clearAllTimers();
    const { length } = timers.mock.calls;
    timers.mockRestore();
    return length;
  }

  it('sets no timer once its last request is answered', () => {
    expect(wakeUpsAfterOneAnswer(corrected)).toBe(0);
    expect(wakeUpsAfterOneAnswer(stock<QueueClass>('src/network/requestQueue/index.js'))).toBeGreaterThan(500);
  });

  it('still sends what waits for a throttle to end, and then rests', () => {
    vi.useFakeTimers({ now: 1_000_000 });
    const sent: number[] = [];
    const queue = queueOf(corrected);
    queue.throttledUntil = 1_000_050;
    queue.push(request(1, sent));
    vi.advanceTimersByTime(49);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(sent).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the offset after a fetch', () => {
  /** A record batch of which only the head matters here: no record is decoded from it. */
  function batch(baseOffset: bigint, lastOffsetDelta: number, body: number): Buffer {
    const bytes = Buffer.alloc(61 + body);
    bytes.writeBigInt64BE(baseOffset, 0);
    bytes.writeInt32BE(bytes.length - 12, 8);
    bytes.writeInt8(2, 16);
    bytes.writeInt32BE(lastOffsetDelta, 23);
    return bytes;
  }

  async function nextOffset(...batches: Buffer[]): Promise<bigint | undefined> {
    const bytes = Buffer.concat(batches);
    const size = Buffer.alloc(4);
    size.writeInt32BE(bytes.length);
    const decoder = { buffer: Buffer.concat([Buffer.from('head'), size, bytes, Buffer.from('the next partition')]), offset: 4 };
    return (await withNextOffset(async () => [])(decoder)).nextOffset;
  }

  it('lies behind batches that compaction has emptied', async () => {
    expect(await nextOffset(batch(40n, 2, 0), batch(43n, 9, 0))).toBe(53n);
  });

  it('counts no batch that is cut off', async () => {
    expect(await nextOffset(batch(40n, 2, 30), batch(43n, 9, 30).subarray(0, 80))).toBe(43n);
    expect(await nextOffset(batch(43n, 9, 30).subarray(0, 20))).toBeUndefined();
    expect(await nextOffset()).toBeUndefined();
  });
});

describe('another version of kafkajs', () => {
  it('is refused with the command that mends it', () => {
    expect(() => refuseOtherVersions('2.2.5')).toThrow('kafkajs 2.2.5 is installed, its corrections are made for 2.2.4: run "npm install kafkajs@2.2.4 --save-exact".');
    expect(() => refuseOtherVersions('2.2.4')).not.toThrow();
  });
});

describe('a connection', () => {
  const failing = (name: string) => closingWhenSilent(() => Promise.reject(Object.assign(new Error('no answer'), { name })));
  const socket = () => ({ destroy: vi.fn() });

  it('is closed when a request was not answered in time', async () => {
    const connection = { socket: socket(), send: failing('KafkaJSRequestTimeoutError') };
    await expect(connection.send({})).rejects.toThrow('no answer');
    expect(connection.socket.destroy).toHaveBeenCalledOnce();
  });

  it('stays open after an answer that is an error', async () => {
    const connection = { socket: socket(), send: failing('KafkaJSProtocolError') };
    await expect(connection.send({})).rejects.toThrow('no answer');
    expect(connection.socket.destroy).not.toHaveBeenCalled();
  });

  it('is closed in the client as it is used', () => {
    const { prototype } = kafkajsModule<{ prototype: { send(): unknown } }>('src/network/connection.js');
    expect(String(prototype.send)).toContain('KafkaJSRequestTimeoutError');
  });
});

describe('heartbeats', () => {
  /** As the stock group does: nothing before the interval is over. */
  const member = () => {
    const beats = vi.fn();
    const group = {
      lastRequest: Date.now(),
      heartbeat: beatingOn(async function (this: { lastRequest: number }, { interval }) {
        if (Date.now() < this.lastRequest + interval) return;
        beats();
        this.lastRequest = Date.now();
      }),
    };
    return { beats, group };
  };

  it('go on where the clock went back by hours', async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 5, 1, 12) });
    const { beats, group } = member();
    vi.setSystemTime(Date.UTC(2026, 5, 1, 10));
    await group.heartbeat({ interval: 1_500 });
    vi.advanceTimersByTime(1_000);
    await group.heartbeat({ interval: 1_500 });
    expect(beats).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(500);
    await group.heartbeat({ interval: 1_500 });
    expect(beats).toHaveBeenCalledTimes(2);
    vi.useRealTimers();
  });
});

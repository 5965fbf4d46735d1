import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DecodedRecord, FetchedPartition, KafkaBroker, KafkaCluster } from '../../../topology/runtime/kafka-cluster.ts';
import { type OnRecord, type OpenRange, RangeReader, ReadStalled } from '../../../topology/runtime/range-reader.ts';

/** Batches of a partition's log: which offsets they take, and which of them still are records. */
interface LogBatch { base: number; last: number; records: number[] }
type Log = { start?: number; stable: number; batches: LogBatch[]; leader?: number };

const recordAt = (offset: number): DecodedRecord => ({
  offset: String(offset), key: null, value: Buffer.from(`v${offset}`), headers: {}, timestamp: '0', isControlRecord: false,
  batchContext: { producerId: '-1', inTransaction: false },
});

/** Brokers that answer fetches from logs held in memory, one batch of one partition at a time, like a small response limit would. */
class Brokers implements KafkaCluster {
  readonly logs: Record<string, Log>;
  readonly requests: { node: string; asked: string[]; maxBytes: number; maxWaitTime: number }[] = [];
  /** Over a slow line: an answer of more does not come in time. */
  mostInTime = Number.POSITIVE_INFINITY;
  faults: Error[] = [];
  refreshed = 0;

  constructor(logs: Record<string, Log>) {
    this.logs = logs;
  }

  async connect(): Promise<void> {}
  async disconnect(): Promise<void> {}
  async addMultipleTargetTopics(): Promise<void> {}
  async refreshMetadata(): Promise<void> {
    this.refreshed += 1;
  }
  removeBroker(): void {}
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[] {
    return Object.entries(this.logs).flatMap(([key, { leader }]) => (key.startsWith(`${topic}/`) ? [{ partitionId: Number(key.split('/')[1]), leader: leader ?? 1 }] : []));
  }
  async findGroupCoordinator(): Promise<KafkaBroker> {
    return this.findBroker({ nodeId: '1' });
  }

  async findBroker({ nodeId }: { nodeId: string }): Promise<KafkaBroker> {
    return {
      initProducerId: async () => undefined,
      offsetFetch: async () => ({ responses: [] }),
      listOffsets: async ({ topics }) => ({
        responses: topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.map(({ partition }) => ({ partition, offset: String(this.logs[`${topic}/${partition}`]?.start ?? 0) })) })),
      }),
      fetch: async ({ topics, maxBytes, maxWaitTime }) => {
        await new Promise((resolve) => setImmediate(resolve));
        const asked = topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ key: `${topic}/${partition.partition}`, topic, ...partition })));
        this.requests.push({ node: nodeId, asked: asked.map(({ key }) => key), maxBytes, maxWaitTime });
        if (maxBytes > this.mostInTime) throw Object.assign(new Error('timed out'), { name: 'KafkaJSRequestTimeoutError' });
        const fault = this.faults.shift();
        if (fault) throw fault;
        const served = asked.find(({ key, fetchOffset }) => this.#batchAt(key, Number(fetchOffset)) !== undefined);
        return {
          responses: asked.map(({ key, topic, partition, fetchOffset }) => ({
            topicName: topic,
            partitions: [this.#answer(key, partition, served?.key === key ? this.#batchAt(key, Number(fetchOffset)) : undefined)],
          })),
        };
      },
    };
  }

  #batchAt(key: string, offset: number): LogBatch | undefined {
    const log = this.logs[key] as Log;
    if (offset < (log.start ?? 0)) throw Object.assign(new Error('out of range'), { name: 'KafkaJSOffsetOutOfRange' });
    return log.batches.find(({ last }) => last >= offset && last < log.stable);
  }

  #answer(key: string, partition: number, batch: LogBatch | undefined): FetchedPartition {
    const messages: FetchedPartition['messages'] = (batch?.records ?? []).map(recordAt);
    if (batch) messages.nextOffset = BigInt(batch.last) + 1n;
    return { partition, lastStableOffset: String((this.logs[key] as Log).stable), abortedTransactions: [], messages };
  }
}

const range = (partition: number, from: number, to?: number): OpenRange => ({ topic: 't', partition, from: BigInt(from), ...(to === undefined ? {} : { to: BigInt(to) }) });

async function read(brokers: Brokers, ranges: OpenRange[]): Promise<Record<string, number[]>> {
  const seen: Record<string, number[]> = {};
  await new RangeReader(brokers, ranges, ({ topic, partition, offset }) => {
    const mine = (seen[`${topic}/${partition}`] ??= []);
    mine.push(Number(offset));
  }).run();
  return seen;
}

const whole = (base: number, last: number): LogBatch => ({ base, last, records: Array.from({ length: last - base + 1 }, (_, at) => base + at) });

afterEach(() => void vi.useRealTimers());

describe('a range is read to its end', () => {
  it('and not a record more or less, when batches reach across its bounds', async () => {
    expect(await read(new Brokers({ 't/0': { stable: 30, batches: [whole(0, 9), whole(10, 19), whole(20, 29)] } }), [range(0, 7, 12)])).toEqual({ 't/0': [7, 8, 9, 10, 11] });
  });

  it('when compaction has left gaps and empty batches, also at the end', async () => {
    const batches = [{ base: 0, last: 9, records: [3] }, { base: 20, last: 29, records: [] }, { base: 30, last: 39, records: [31, 35] }, { base: 40, last: 44, records: [] }];
    expect(await read(new Brokers({ 't/0': { stable: 45, batches } }), [range(0, 0, 45)])).toEqual({ 't/0': [3, 31, 35] });
  });

  it('when nothing is left up to it', async () => {
    expect(await read(new Brokers({ 't/0': { stable: 60, batches: [whole(0, 4)] } }), [range(0, 0, 60)])).toEqual({ 't/0': [0, 1, 2, 3, 4] });
  });

  it('when one partition fills every response: the others get their turn, nothing is skipped', async () => {
    const brokers = new Brokers({
      't/0': { stable: 40, batches: [whole(0, 9), whole(10, 19), whole(20, 29), whole(30, 39)] },
      't/1': { stable: 4, batches: [whole(0, 1), whole(2, 3)] },
    });
    const seen = await read(brokers, [range(0, 0, 40), range(1, 0, 4)]);
    expect(seen['t/0']).toHaveLength(40);
    expect(seen['t/1']).toEqual([0, 1, 2, 3]);
  });

  it('once an open transaction in it has ended', async () => {
    const brokers = new Brokers({ 't/0': { stable: 5, batches: [whole(0, 4), whole(5, 9)] } });
    const log = brokers.logs['t/0'] as Log;
    const reading = read(brokers, [range(0, 0, 10)]);
    await vi.waitUntil(() => brokers.requests.length > 3);
    log.stable = 10;
    expect(await reading).toEqual({ 't/0': [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] });
  });

  it('when retention has deleted its beginning, or all of it', async () => {
    const logs = { 't/0': { start: 6, stable: 10, batches: [whole(6, 9)] }, 't/1': { start: 50, stable: 50, batches: [] } };
    expect(await read(new Brokers(logs), [range(0, 0, 10), range(1, 0, 20)])).toEqual({ 't/0': [6, 7, 8, 9] });
  });

  it('from several leaders, and from a new one after a fault', async () => {
    const brokers = new Brokers({ 't/0': { stable: 3, batches: [whole(0, 2)], leader: 1 }, 't/1': { stable: 3, batches: [whole(0, 2)], leader: 2 } });
    brokers.faults = [new Error('not the leader any more')];
    const refresh = brokers.refreshMetadata.bind(brokers);
    brokers.refreshMetadata = async () => {
      await refresh();
      for (const log of Object.values(brokers.logs)) log.leader = 3;
    };
    expect(await read(brokers, [range(0, 0, 3), range(1, 0, 3)])).toEqual({ 't/0': [0, 1, 2], 't/1': [0, 1, 2] });
    expect(brokers.requests[0]?.node).toBe('1');
    expect(brokers.requests.at(-1)?.node).toBe('3');
  });
});

it('over a line too slow for as much as it asks for at first', async () => {
  const brokers = new Brokers({ 't/0': { stable: 10, batches: [whole(0, 9)] } });
  brokers.mostInTime = 1024 * 1024;
  expect(await read(brokers, [range(0, 0, 10)])).toEqual({ 't/0': [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] });
  expect(brokers.requests.map(({ maxBytes }) => maxBytes / (1024 * 1024))).toEqual([8, 2, 0.5]);
});

it('asks seldom while nothing comes where there is no end, and often where the end may be something that is no record', async () => {
  const brokers = new Brokers({ 't/0': { stable: 1, batches: [whole(0, 0)] } });
  await read(brokers, [range(0, 0, 1)]);
  const open: RangeReader = new RangeReader(brokers, [range(0, 0)], () => open.stop());
  await open.run();
  const [bounded, unbounded] = [brokers.requests[0], brokers.requests.at(-1)].map((request) => request?.maxWaitTime) as [number, number];
  expect(bounded * 2).toBeLessThan(unbounded);
});

describe('a reading ends early', () => {
  it('with what the handler throws; no record is handed over after that', async () => {
    const seen: bigint[] = [];
    const failing: OnRecord = async ({ offset }) => {
      seen.push(offset);
      if (offset === 2n) throw new Error('handler');
    };
    const reader = new RangeReader(new Brokers({ 't/0': { stable: 10, batches: [whole(0, 9)] } }), [range(0, 0, 10)], failing);
    await expect(reader.run()).rejects.toThrow('handler');
    expect(seen).toEqual([0n, 1n, 2n]);
  });

  it('when it is stopped, though the range has no end', async () => {
    const seen: bigint[] = [];
    const brokers = new Brokers({ 't/0': { stable: 10, batches: [whole(0, 9)] } });
    const reader: RangeReader = new RangeReader(brokers, [range(0, 0)], ({ offset }) => {
      seen.push(offset);
      if (offset === 3n) reader.stop();
    });
    await reader.run();
    expect(seen).toEqual([0n, 1n, 2n, 3n]);
  });

  it('when a transaction in the range does not end', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 });
    const brokers = new Brokers({ 't/0': { stable: 5, batches: [whole(0, 4), whole(5, 9)] } });
    const reading = new RangeReader(brokers, [range(0, 0, 10)], () => undefined).run();
    const outcome = expect(reading).rejects.toThrow(new ReadStalled('partition 0 of t does not go on after offset 5: a transaction there has not ended'));
    await vi.waitUntil(() => brokers.requests.length > 3);
    vi.setSystemTime(61_000);
    await outcome;
  });
});

import { expect, inject, it, vi } from 'vitest';
import { idempotentProducer, type Producer, sendOffsets, transactionalProducer, withAdmin } from '../../../topology/runtime/kafka.ts';
import { committedOffsets, endOffsets, readRanges, type ReadRecord, readTopics, tail } from '../../../topology/runtime/topic-reader.ts';
import { ownTopics } from './own-topics.ts';

const { kafka, prefix, make } = ownTopics(inject('stack').kafkaBrokers, 'reader');

async function withProducer<T>(producer: Producer, run: (producer: Producer) => Promise<T>): Promise<T> {
  await producer.connect();
  try {
    return await run(producer);
  } finally {
    await producer.disconnect();
  }
}

const send = (topic: string, partition: number, values: string[]) =>
  withProducer(idempotentProducer(kafka), (producer) => producer.send({ topic, messages: values.map((value) => ({ key: 'k', value, partition })) }));

const transact = (topic: string, values: string[], end: 'commit' | 'abort') =>
  withProducer(transactionalProducer(kafka, `${prefix}.${values[0]}`), async (producer) => {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: values.map((value) => ({ key: 'k', value, partition: 0 })) });
    await transaction[end]();
  });

function collector() {
  const values: string[] = [];
  return { values, onRecord: ({ value }: ReadRecord) => void values.push(String(value)) };
}

it('reads topics up to their end, although markers and aborted records take the last offsets', async () => {
  const topic = await make('markers', 2);
  await transact(topic, ['committed'], 'commit');
  await transact(topic, ['aborted 1', 'aborted 2'], 'abort');
  await send(topic, 1, ['plain']);
  const { values, onRecord } = collector();
  await readTopics(kafka, [topic], onRecord);
  expect(values.sort()).toEqual(['committed', 'plain']);
  expect(await endOffsets(kafka, [topic])).toEqual(new Map([[topic, new Map([[0, 5n], [1, 1n]])]]));
});

it('gives a record with all that belongs to it, and waits for handlers', async () => {
  const topic = await make('record');
  const headers = { ce_id: 'e1', repeated: ['a', 'b'] };
  await withProducer(idempotentProducer(kafka), (producer) =>
    producer.send({ topic, messages: [{ key: null, value: null, timestamp: '1700000000000' }, { key: 'k', value: 'v', headers }] }));
  const seen: ReadRecord[] = [];
  let working = 0;
  await readTopics(kafka, [topic], async (record) => {
    expect(++working).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(record);
    working -= 1;
  });
  expect(seen[0]).toEqual({ topic, partition: 0, offset: 0n, key: null, value: null, headers: {}, timestamp: '1700000000000' });
  expect(seen[1]).toMatchObject({ offset: 1n, key: Buffer.from('k'), value: Buffer.from('v'), headers: { ce_id: Buffer.from('e1'), repeated: [Buffer.from('a'), Buffer.from('b')] } });
});

it('reads exact ranges, from what is left where retention has deleted', async () => {
  const topic = await make('ranges', 2);
  await send(topic, 0, Array.from({ length: 20 }, (_, at) => `a${at}`));
  await send(topic, 1, Array.from({ length: 20 }, (_, at) => `b${at}`));
  await withAdmin(kafka, async (admin) => {
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '17' }] });
  });
  const { values, onRecord } = collector();
  await readRanges(kafka, [{ topic, partition: 0, from: 5n, to: 8n }, { topic, partition: 1, from: 0n, to: 19n }, { topic, partition: 0, from: 3n, to: 3n }], onRecord);
  expect(values.sort()).toEqual(['a5', 'a6', 'a7', 'b17', 'b18']);
});

it('waits for a transaction that is still open where it reads', async () => {
  const topic = await make('open');
  const { values, onRecord } = collector();
  await withProducer(transactionalProducer(kafka, `${prefix}.open`), async (producer) => {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key: 'k', value: 'slow', partition: 0 }] });
    await send(topic, 0, ['behind it']);
    const reading = readTopics(kafka, [topic], onRecord);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(values).toEqual([]);
    await transaction.commit();
    await reading;
  });
  expect(values).toEqual(['slow', 'behind it']);
});

it('reads tens of thousands of records without loss', async () => {
  const topic = await make('many', 6);
  await withProducer(idempotentProducer(kafka), async (producer) => {
    for (let batch = 0; batch < 10; batch += 1) await producer.send({ topic, messages: Array.from({ length: 4_000 }, (_, at) => ({ key: `${batch}-${at}`, value: Buffer.alloc(600) })) });
  });
  const keys = new Set<string>();
  await readTopics(kafka, [topic], ({ key }) => void keys.add(String(key)));
  expect(keys.size).toBe(40_000);
});

it('tells where a group goes on', async () => {
  const topic = await make('committed', 3);
  const group = `${prefix}.group`;
  expect(await committedOffsets(kafka, group, [topic])).toEqual(new Map([[topic, new Map()]]));
  await withProducer(transactionalProducer(kafka, `${prefix}.offsets`), async (producer) => {
    for (const offset of ['4', '9']) {
      const transaction = await producer.transaction();
      await sendOffsets(transaction, { consumerGroupId: group, topics: [{ topic, partitions: [{ partition: 1, offset }] }] });
      await transaction.commit();
    }
  });
  await vi.waitFor(async () => expect(await committedOffsets(kafka, group, [topic])).toEqual(new Map([[topic, new Map([[1, 9n]])]])));
  await withAdmin(kafka, (admin) => admin.deleteGroups([group]));
});

it('follows topics from now on, committed records only, until it is stopped', async () => {
  const topic = await make('tail', 2);
  await send(topic, 0, ['before']);
  const { values, onRecord } = collector();
  const following = await tail(kafka, [topic], onRecord, { fromNow: true });
  await send(topic, 1, ['after']);
  await transact(topic, ['aborted'], 'abort');
  await transact(topic, ['committed'], 'commit');
  await vi.waitFor(() => expect(values).toEqual(['after', 'committed']), { timeout: 10_000 });
  await following.stop();
  await send(topic, 0, ['too late']);
  const whole = collector();
  const fromFirst = await tail(kafka, [topic], whole.onRecord, { fromNow: false });
  await vi.waitFor(() => expect(whole.values.sort()).toEqual(['after', 'before', 'committed', 'too late']), { timeout: 10_000 });
  await fromFirst.stop();
  expect(values).toEqual(['after', 'committed']);
});

it('ends the following with what the handler throws', async () => {
  const topic = await make('failing');
  const following = await tail(kafka, [topic], () => { throw new Error('handler'); }, { fromNow: false });
  const ended = expect(following.ended).rejects.toThrow('handler');
  await send(topic, 0, ['x']);
  await ended;
});

it('refuses a topic that does not exist, and makes none', async () => {
  await expect(readTopics(kafka, [`${prefix}.missing`], () => undefined)).rejects.toThrow(`topic ${prefix}.missing does not exist`);
  await withAdmin(kafka, async (admin) => expect(await admin.listTopics()).not.toContain(`${prefix}.missing`));
});

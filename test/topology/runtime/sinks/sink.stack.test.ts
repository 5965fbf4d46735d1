import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { AnyOrderEvent } from '../../../../schemas/types.ts';
import type { Failpoint } from '../../../../topology/runtime/failpoints.ts';
import { SESSION_TIMEOUT_MS, withAdmin } from '../../../../topology/runtime/kafka.ts';
import { type Chapter, orderStory, placedOrder, stories } from '../../../processors/sinks/order-story.ts';
import { CutLine } from '../cut-line.ts';
import { Killed, type SinkKind, SinkTrial, until } from './sink-trial.ts';

const STORIES: readonly ((amount: number) => Chapter[])[] = [
  stories.fulfilled, stories.refunded, stories.cancelledAfterTicketing, stories.declined, stories.soldOut, stories.fraud,
];

/** Events of `count` orders of all kinds, every order's next event in turn. */
function events(prefix: string, count: number): AnyOrderEvent[] {
  const lives = Array.from({ length: count }, (_, n) => orderStory(placedOrder(`${prefix}-${n}`), (STORIES[n % STORIES.length] as typeof stories.fulfilled)(1_000 + n)));
  const longest = Math.max(...lives.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => lives.flatMap((life) => life.slice(at, at + 1))).flat();
}

function* slices<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

/** Throws at the nth passage of a point, once. */
function killAt(point: Failpoint, nth: number): (passed: Failpoint) => void {
  let left = nth;
  return (passed) => {
    if (passed === point && --left === 0) throw new Killed(`killed at ${point}`);
  };
}

const KINDS: readonly SinkKind[] = ['postgres-sink', 'clickhouse-sink'];
let trial: SinkTrial;

beforeAll(async () => {
  trial = await SinkTrial.open(inject('stack'));
});
afterAll(() => trial.close());

describe.each(KINDS)('%s', (kind) => {
  test('takes over committed events only, each once', async () => {
    for (const slice of slices(events(`${kind}-plain`, 12), 20)) {
      await trial.write(slice);
      await trial.write(events(`${kind}-aborted`, 2).slice(0, 3), 'abort');
    }
    const sink = await trial.sink(kind);
    await trial.untilExact(kind);
    for (const slice of slices(events(`${kind}-later`, 6), 10)) await trial.write(slice);
    await trial.untilExact(kind);
    await sink.stop();
  });

  test('stands back while a burst has the processors, longer than its session, and takes all of it over afterwards', async () => {
    let [demand, looks] = [9, 0];
    const sink = await trial.sink(kind, { standBackMs: 60_000, chunkRows: 4_000, demand: () => (looks++, demand) });
    const members = await trial.members(kind);
    await trial.write(events(`${kind}-burst`, 500));
    await until(() => looks > 5, () => `looked ${looks} times`);
    await trial.write(events(`${kind}-more`, 500));
    await sleep(SESSION_TIMEOUT_MS + 2_000);
    const stored = await (kind === 'postgres-sink' ? trial.inPostgres() : trial.inClickHouse());
    expect(stored.events).toBeLessThan((await trial.logged()).events);
    demand = 0;
    await trial.untilExact(kind);
    expect([sink.reason(), await trial.members(kind)]).toEqual(['', members]);
    await sink.stop();
  });

  test('a record that comes again changes nothing', async () => {
    const again = events(`${kind}-again`, 3);
    const sink = await trial.sink(kind);
    await trial.write(again);
    await trial.write(again);
    await trial.untilExact(kind);
    await trial.write([...again, ...events(`${kind}-after-again`, 1)]);
    await trial.untilExact(kind);
    await sink.stop();
  });

  test('what no one can read is dead-lettered, and the rest goes on', async () => {
    trial.deadLetters.length = 0;
    const [first, second] = orderStory(placedOrder(`${kind}-beside-poison`), stories.invalid());
    const sink = await trial.sink(kind);
    await trial.write([first as AnyOrderEvent]);
    await trial.writeRaw([
      { topic: trial.topic('OrderReceived'), key: 'x', value: Buffer.from('no avro') },
      { topic: trial.topic('OrderReceived'), key: 'x', value: Buffer.from([0, 0, 15, 66, 63, 1, 2, 3]) },
    ]);
    await trial.write([second as AnyOrderEvent]);
    await trial.untilExact(kind);
    expect(trial.deadLetters.map(({ topic, headers }) => [topic, headers['x-error-code'], headers['x-orig-topic']])).toEqual([
      [`dlq.${kind}.v1`, 'not_wire_format', trial.topic('OrderReceived')],
      [`dlq.${kind}.v1`, 'unknown_schema', trial.topic('OrderReceived')],
    ]);
    await sink.stop();
  });

  test('two members share the work, one leaves, nothing is lost or doubled', async () => {
    const first = await trial.sink(kind);
    const [early, late] = [events(`${kind}-early`, 20), events(`${kind}-late`, 20)];
    const writing = (async () => {
      for (const slice of slices(early, 15)) await trial.write(slice);
    })();
    const second = await trial.sink(kind);
    await writing;
    for (const slice of slices(late.slice(0, 60), 15)) await trial.write(slice);
    await first.stop();
    for (const slice of slices(late.slice(60), 15)) await trial.write(slice);
    await trial.untilExact(kind);
    await second.stop();
  });
});

const CRASHES: readonly [SinkKind, Failpoint, number][] = [
  ['postgres-sink', 'postgres-sink.offsets', 2],
  ['postgres-sink', 'postgres-sink.written', 1],
  ['postgres-sink', 'postgres-sink.written', 3],
  ['postgres-sink', 'postgres-sink.committed', 2],
  ['clickhouse-sink', 'clickhouse-sink.planned', 1],
  ['clickhouse-sink', 'clickhouse-sink.planned', 2],
  ['clickhouse-sink', 'clickhouse-sink.inserted', 1],
  ['clickhouse-sink', 'clickhouse-sink.settled', 2],
];

test.each(CRASHES)('%s is exact after a crash at %s, passage %i', async (kind, point, nth) => {
  const news = events(`${kind}-${point}-${nth}`, 12);
  const doomed = await trial.sink(kind, { passed: killAt(point, nth), chunkRows: 20 });
  for (const slice of slices(news, 10)) await trial.write(slice);
  await until(() => doomed.reason() !== '', () => `the sink never came to ${point}`);
  expect(doomed.reason()).toContain(point);
  await doomed.stop();
  const next = await trial.sink(kind, { chunkRows: 20 });
  await trial.untilExact(kind);
  await next.stop();
});

test('a crash while a planned batch is being redone leaves it to the next', async () => {
  const first = await trial.sink('clickhouse-sink', { passed: killAt('clickhouse-sink.inserted', 1) });
  await trial.write(events('redo', 4));
  await until(() => first.reason() !== '', () => 'the sink was not killed');
  await first.stop();
  const second = await trial.sink('clickhouse-sink', { passed: killAt('clickhouse-redo.inserted', 1) });
  await until(() => second.reason() !== '', () => 'the planned batch was not redone');
  await second.stop();
  const third = await trial.sink('clickhouse-sink');
  const planned = () => trial.query<{ count: number }>(`SELECT count(*)::int FROM clickhouse_batches WHERE state = 'planned'`);
  await until(async () => (await planned())[0]?.count === 0, () => 'the planned batch was left open');
  await trial.untilExact('clickhouse-sink');
  await third.stop();
});

test('a planned batch that a dead member still holds is redone once the server has seen that it is gone', async () => {
  const first = await trial.sink('clickhouse-sink', { passed: killAt('clickhouse-sink.planned', 1) });
  await trial.write(events('held', 4));
  await until(() => first.reason() !== '', () => 'the sink was not killed');
  await first.stop();
  const letGo = await trial.hold(`SELECT FROM clickhouse_batches WHERE state = 'planned' FOR UPDATE`);
  const second = await trial.sink('clickhouse-sink', { finishEveryMs: 500 });
  await trial.write(events('beside-held', 2));
  await until(async () => 'beside-held-1' in (await trial.inClickHouse()).states, () => 'the sink waits for what another holds');
  await letGo();
  await trial.untilExact('clickhouse-sink');
  await second.stop();
});

test('offsets that went back, as after a restored database, are read again from there', async () => {
  const sink = await trial.sink('postgres-sink');
  await trial.write(events('before-restore', 4));
  await trial.untilExact('postgres-sink');
  await trial.query(`DELETE FROM order_events WHERE order_id LIKE 'before-restore%'`);
  await trial.query(`DELETE FROM orders WHERE order_id LIKE 'before-restore%'`);
  await trial.query(`UPDATE sink_offsets SET next = 0 WHERE sink = 'postgres-sink'`);
  await trial.write(events('after-restore', 1));
  await trial.untilExact('postgres-sink');
  await sink.stop();
});

describe.each([
  ['postgres-sink', 'databaseUrl'],
  ['clickhouse-sink', 'databaseUrl'],
  ['clickhouse-sink', 'clickhouseUrl'],
] as const)('%s without its %s', (kind, address) => {
  test('waits, keeps its place in the group, and goes on by itself', async () => {
    const line = await CutLine.to(trial[address]);
    const sink = await trial.sink(kind, { [address]: line.url, chunkRows: 20 });
    await trial.write(events(`${kind}-${address}-before`, 3));
    await trial.untilExact(kind);
    trial.lines.length = 0;
    const waiting = () => trial.lines.filter((text) => text.startsWith('waiting'));
    await line.cut();
    for (const slice of slices(events(`${kind}-${address}-during`, 12), 15)) await trial.write(slice);
    await until(() => line.refused >= 3, () => `tried ${line.refused} times`);
    expect([sink.reason(), waiting()]).toEqual(['', ['waiting; nothing is lost, it goes on by itself']]);
    await line.mend();
    await trial.untilExact(kind);
    await until(() => trial.lines.includes('going on'), () => trial.lines.join());
    expect(waiting()).toHaveLength(1);
    await sink.stop();
    await line.close();
  });
});

test('after all this what ClickHouse adds up on the way agrees with the rows', async () => {
  const [sums] = await trial.analyse<Record<string, number>>(`
    SELECT (SELECT sum(events) FROM funnel_per_hour) AS funnel, (SELECT count() FROM order_events) AS events,
           (SELECT sum(orders) FROM orders_per_minute) AS started, (SELECT count() FROM orders) AS orders,
           (SELECT sum(captured_minor) FROM revenue_per_hour) AS captured,
           (SELECT sum(total_minor) FROM order_events WHERE type = 'OrderConfirmed') AS confirmed`);
  expect(sums?.events).toBeGreaterThan(500);
  expect([sums?.funnel, sums?.started, sums?.captured]).toEqual([sums?.events, sums?.orders, sums?.confirmed]);
});

test('records that Kafka deleted before they were read are reported, and the rest is read', async () => {
  const upToDate = await trial.sink('postgres-sink');
  await trial.untilExact('postgres-sink');
  await upToDate.stop();
  await trial.write(events('lost', 3));
  const expected = await trial.logged();
  const topic = trial.topic('OrderReceived');
  await withAdmin(trial.kafka, async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: ends.map(({ partition, offset }) => ({ partition, offset })) });
  });
  trial.lines.length = 0;
  const sink = await trial.sink('postgres-sink');
  await until(async () => (await trial.inPostgres()).orders === expected.orders, async () => JSON.stringify(await trial.inPostgres()));
  await until(async () => (await trial.inPostgres()).events === expected.events - 3, async () => `${(await trial.inPostgres()).events} of ${expected.events}`);
  expect(trial.lines.filter((text) => text === 'records were deleted before this sink had read them').length).toBeGreaterThan(0);
  await sink.stop();
});

test('a log that ends before what was read stops the sink from passing over anything', async () => {
  const topic = trial.topic('OrderValidated');
  const [before] = await trial.query<{ next: string }>(`SELECT next FROM sink_offsets WHERE sink = 'postgres-sink' AND topic = $1 AND partition = 0`, [topic]);
  const move = (next: string) => trial.query(`UPDATE sink_offsets SET next = $1 WHERE sink = 'postgres-sink' AND topic = $2 AND partition = 0`, [next, topic]);
  await move('1000000');
  trial.lines.length = 0;
  const sink = await trial.sink('postgres-sink');
  await until(() => trial.lines.some((text) => text.startsWith('waiting')), () => trial.lines.join());
  await trial.write(events('while-cut-short', 2));
  await move(before?.next as string);
  await until(() => trial.lines.includes('going on'), () => trial.lines.join());
  await until(async () => (await trial.query(`SELECT FROM orders WHERE order_id LIKE 'while-cut-short%'`)).length === 2, () => 'it did not go on');
  await sink.stop();
});

test('a write that neither ends nor fails is told of, and then the sink gives up, for whoever starts it anew', async () => {
  const holder = new pg.Client({ connectionString: trial.databaseUrl });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query(`SELECT FROM sink_offsets WHERE sink = 'postgres-sink' FOR UPDATE`);
  trial.lines.length = 0;
  const sink = await trial.sink('postgres-sink', { patience: { lookEveryMs: 50, tellAfterMs: 200, endAfterMs: 1_500 } });
  await trial.write(events('held-up', 2));
  await until(() => sink.reason() !== '', () => trial.lines.join());
  expect(trial.lines).toContain('no answer yet');
  expect(sink.reason()).toMatch(/^postgres-sink: writing has not ended in \d+ s$/);
  await holder.query('ROLLBACK');
  await holder.end();
  await sink.stop();
  const next = await trial.sink('postgres-sink');
  await until(async () => (await trial.query(`SELECT FROM orders WHERE order_id LIKE 'held-up%'`)).length === 2, () => 'it did not go on');
  await next.stop();
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { inRhythm, restAfterRecords } from '../../../../topology/runtime/kafkajs/fetch-rhythm.ts';

const batch = (records: number) => ({ rawMessages: Array.from({ length: records }) });

/** A member whose broker gives these answers, one after another; notes when it was asked. */
function member(minBytes: number, answers: ReturnType<typeof batch>[][], groupId = 'g') {
  const askedAt: number[] = [];
  const group = {
    groupId,
    minBytes,
    maxWaitTime: 300,
    fetch: inRhythm(async () => {
      askedAt.push(performance.now());
      return answers.shift() ?? [];
    }),
  };
  return { group, askedAt };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] }));
afterEach(() => void vi.useRealTimers());

async function fetches(group: ReturnType<typeof member>['group'], count: number, nodeId = '1'): Promise<{ rawMessages: readonly unknown[] }[][]> {
  const results = [];
  for (let at = 0; at < count; at += 1) {
    const fetching = group.fetch(nodeId);
    await vi.advanceTimersByTimeAsync(300);
    results.push(await fetching);
  }
  return results;
}

it('asks at intervals, and the broker for whatever is there', async () => {
  const { group, askedAt } = member(0, []);
  await fetches(group, 3);
  expect(askedAt.map((at) => at - (askedAt[0] as number))).toEqual([0, 300, 600]);
  expect(group.minBytes).toBe(1);
});

it('asks again at once while there is a backlog', async () => {
  const { group, askedAt } = member(0, [[batch(4_000), batch(800)], [batch(4_799)], []]);
  const all = Promise.all([group.fetch('1').then(() => group.fetch('1')).then(() => group.fetch('1'))]);
  await vi.advanceTimersByTimeAsync(299);
  expect(askedAt).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  await all;
  expect(askedAt).toHaveLength(3);
});

it('keeps a rhythm for each broker', async () => {
  const { group, askedAt } = member(0, []);
  await Promise.all([group.fetch('1'), group.fetch('2')]);
  expect(askedAt).toHaveLength(2);
});

it('leaves members alone that wait at the broker', async () => {
  const { group, askedAt } = member(1024, []);
  await group.fetch('1');
  await group.fetch('1');
  expect(askedAt[1]).toBe(askedAt[0]);
  expect(group.minBytes).toBe(1024);
});

it('rests after records, and neither after nothing nor before a backlog', async () => {
  restAfterRecords('resting', 50);
  const { group, askedAt } = member(1, [[batch(1)], [], [batch(800)], []], 'resting');
  const four = (async () => {
    for (let at = 0; at < 4; at += 1) await group.fetch('1');
  })();
  await vi.advanceTimersByTimeAsync(50);
  await four;
  expect(askedAt.map((at) => at - (askedAt[0] as number))).toEqual([0, 50, 50, 50]);
  expect(group.minBytes).toBe(1);
});

it('leaves out partitions of which nothing came, and no others', async () => {
  const { group } = member(1, [[batch(0), batch(1), batch(0)]]);
  expect(await group.fetch('1')).toEqual([batch(1)]);
});

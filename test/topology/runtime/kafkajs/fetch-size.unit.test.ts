import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { inPortions } from '../../../../topology/runtime/kafkajs/fetch-size.ts';

const MIB = 1024 * 1024;
const timeout = () => Object.assign(new Error('Request Fetch timed out'), { name: 'KafkaJSRequestTimeoutError' });

/** A member over a line that takes so many bytes a second, with more waiting than it ever asks for. */
function member(groupId: string, maxBytes: number, bytesPerSecond: number) {
  const asked: number[] = [];
  const group = {
    groupId, maxBytes,
    fetch: inPortions<string[]>(async function (this: { maxBytes: number }) {
      asked.push(this.maxBytes);
      const takesMs = (1_000 * this.maxBytes) / bytesPerSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.min(7_000, takesMs)));
      if (takesMs > 7_000) throw timeout();
      return ['batch'];
    }),
  };
  return { group, asked };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] }));
afterEach(() => void vi.useRealTimers());

async function fetchOnce(group: ReturnType<typeof member>['group']): Promise<string> {
  const fetching = group.fetch('1').then(() => 'answered', (error: Error) => error.name);
  await vi.advanceTimersByTimeAsync(7_000);
  return fetching;
}

it('asks for less where the line is too slow for an answer in time, and then goes on', async () => {
  const { group, asked } = member('slow', 32 * MIB, MIB);
  const outcomes = [];
  for (let at = 0; at < 8; at += 1) outcomes.push(await fetchOnce(group));
  expect(asked.map((bytes) => bytes / MIB)).toEqual([32, 8, 2, 2, 2, 2, 2, 2]);
  expect(outcomes.slice(2)).toEqual(Array(6).fill('answered'));
});

it('asks for as much as ever once answers are quick', async () => {
  const { group, asked } = member('recovered', 32 * MIB, MIB);
  await fetchOnce(group);
  await fetchOnce(group);
  const { group: next, asked: askedNext } = member('recovered', 32 * MIB, 100 * MIB);
  for (let at = 0; at < 6; at += 1) await fetchOnce(next);
  expect(asked.map((bytes) => bytes / MIB)).toEqual([32, 8]);
  expect(askedNext.map((bytes) => bytes / MIB)).toEqual([2, 4, 8, 16, 32, 32]);
});

it('never asks for so little that nothing would come, and minds no other fault', async () => {
  const { group, asked } = member('dead', 256 * 1024, 1);
  for (let at = 0; at < 4; at += 1) await fetchOnce(group);
  expect(asked.map((bytes) => bytes / 1024)).toEqual([256, 64, 64, 64]);
  const broken = { groupId: 'broken', maxBytes: MIB, fetch: inPortions<never>(() => Promise.reject(new Error('closed'))) };
  await expect(broken.fetch('1')).rejects.toThrow('closed');
  await expect(broken.fetch('1')).rejects.toThrow('closed');
  expect(broken.maxBytes).toBe(MIB);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inLanes } from '../../../topology/runtime/key-lanes.ts';

interface Item {
  key: string;
  number: number;
}

const items: Item[] = ['a', 'b', 'a', 'c', 'b', 'a', 'd'].map((key, number) => ({ key, number }));

/** Notes what ran, and what ran side by side. */
function worker() {
  const begun: Item[] = [];
  const atWork = new Set<Item>();
  let most = 0;
  const work = async (item: Item): Promise<string> => {
    expect([...atWork].map(({ key }) => key)).not.toContain(item.key);
    begun.push(item);
    atWork.add(item);
    most = Math.max(most, atWork.size);
    await sleep(1);
    atWork.delete(item);
    return `${item.key}${item.number}`;
  };
  return { work, begun, atWork, most: () => most };
}

it('keeps the order of each key and runs different keys side by side, as many as there are lanes', async () => {
  const { work, begun, most } = worker();
  expect(await inLanes(items, ({ key }) => key, 3, work)).toEqual(['a0', 'b1', 'a2', 'c3', 'b4', 'a5', 'd6']);
  expect(begun.filter(({ key }) => key === 'a').map(({ number }) => number)).toEqual([0, 2, 5]);
  expect(most()).toBe(3);
});

it('gives the fault back when nothing is at work any more, and begins nothing else of that key', async () => {
  const { work, begun, atWork } = worker();
  const failing = async (item: Item): Promise<string> => {
    await work(item);
    if (item.number === 0) throw new Error('first');
    return '';
  };
  await expect(inLanes(items, ({ key }) => key, 2, failing)).rejects.toThrow('first');
  expect(atWork.size).toBe(0);
  expect(begun.filter(({ key }) => key === 'a')).toHaveLength(1);
});

it('has nothing to do for nothing', async () => {
  expect(await inLanes([], String, 4, async () => 1)).toEqual([]);
});

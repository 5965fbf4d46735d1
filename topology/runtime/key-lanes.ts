/**
 * Works on all items: those of one key one after another, of different keys side by side, at most `lanes` at a time. Results stand as the items
 * did. Throws the first fault, once nothing is at work any more.
 */
export async function inLanes<Item, Result>(items: readonly Item[], keyOf: (item: Item) => string, lanes: number, work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const byKey = new Map<string, number[]>();
  items.forEach((item, index) => {
    const key = keyOf(item);
    const lane = byKey.get(key);
    if (lane) lane.push(index);
    else byKey.set(key, [index]);
  });
  const waiting = [...byKey.values()].values();
  const worker = async (): Promise<void> => {
    for (const lane of waiting) {
      for (const index of lane) results[index] = await work(items[index] as Item);
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.min(lanes, byKey.size) }, worker));
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
  return results;
}

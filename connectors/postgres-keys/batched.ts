interface Waiting<Value> {
  resolve(value: Value | undefined): void;
  reject(error: unknown): void;
}

/** How long a lookup may wait for the one before it to be answered, ms. One that hangs keeps nobody longer. */
const GATHER_MS = 20;

/**
 * Turns a lookup of many keys into a lookup of one: whatever is asked for in the same turn of the event loop becomes
 * one call of `load`, each key once; while a call is under way, what is asked for until it ends, or for 20 ms. A key
 * that `load` leaves out answers undefined; a failure goes to all who wait.
 */
export function batched<Value>(
  load: (keys: string[]) => Promise<ReadonlyMap<string, Value>>,
): (key: string) => Promise<Value | undefined> {
  let waiting = new Map<string, Waiting<Value>[]>();
  let underWay = 0;
  let late: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    clearTimeout(late);
    const batch = waiting;
    if (batch.size === 0) return;
    waiting = new Map();
    underWay += 1;
    try {
      const values = await load([...batch.keys()]);
      for (const [key, askers] of batch) for (const { resolve } of askers) resolve(values.get(key));
    } catch (error) {
      for (const askers of batch.values()) for (const { reject } of askers) reject(error);
    } finally {
      underWay -= 1;
      void flush();
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      if (waiting.size === 0) {
        if (underWay === 0) setImmediate(() => void flush());
        else late = setTimeout(() => void flush(), GATHER_MS);
      }
      waiting.set(key, [...(waiting.get(key) ?? []), { resolve, reject }]);
    });
}

/** What kafkajs's consumer group knows of the size of its fetches. */
interface Fetching<Batches> {
  groupId: string;
  maxBytes: number;
  fetch(nodeId: string): Promise<Batches>;
}

const LEAST_BYTES = 64 * 1024;
/** An answer within this time, ms, shows that twice as much will come in time too: requests are given up after several seconds. */
const QUICK_MS = 1_500;

/** What members of a group ask for at the moment, where that is less than they would. */
const portions = new Map<string, number>();
/** What each member would ask for. */
const wholes = new WeakMap<object, number>();

/**
 * A member whose fetch was not answered in time asks for a quarter from then on, and for twice as much after each quick answer. The stock one
 * asks for the same again: where the network is slow and much is waiting, no answer ever comes in time, and the more is waiting the less so.
 */
export function inPortions<Batches>(fetch: Fetching<Batches>['fetch']) {
  return async function (this: Fetching<Batches>, nodeId: string): Promise<Batches> {
    const whole = wholes.get(this) ?? this.maxBytes;
    wholes.set(this, whole);
    this.maxBytes = Math.min(whole, portions.get(this.groupId) ?? whole);
    const askedAt = performance.now();
    try {
      const batches = await fetch.call(this, nodeId);
      if (performance.now() - askedAt < QUICK_MS) grow(this.groupId, whole);
      return batches;
    } catch (error) {
      if ((error as Error).name === 'KafkaJSRequestTimeoutError') portions.set(this.groupId, Math.max(LEAST_BYTES, Math.floor(this.maxBytes / 4)));
      throw error;
    }
  };
}

function grow(groupId: string, whole: number): void {
  const portion = portions.get(groupId);
  if (portion === undefined) return;
  if (2 * portion < whole) portions.set(groupId, 2 * portion);
  else portions.delete(groupId);
}

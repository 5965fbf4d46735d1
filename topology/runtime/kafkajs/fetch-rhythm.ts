import { setTimeout as sleep } from 'node:timers/promises';

/** A fetch that brought so many records is followed by the next at once: there is more where they came from. */
const BACKLOG_RECORDS = 500;

interface FetchedBatch {
  /** What the broker sent, markers and aborted records included. */
  rawMessages: readonly unknown[];
}

/** What kafkajs's consumer group knows of its fetches. */
interface Fetching {
  minBytes: number;
  /** ms */
  maxWaitTime: number;
  fetch(nodeId: string): Promise<FetchedBatch[]>;
}

interface Rhythm {
  /** By `performance.now()`. */
  askedAt: number;
  backlog: boolean;
}

/** Of members that were made with `minBytes: 0`, by broker. */
const rhythms = new WeakMap<Fetching, Map<string, Rhythm>>();

/**
 * With `minBytes: 0` a member pauses for `maxWaitTime` ms from one fetch to the next, and takes what is there. A fetch that asks for many bytes
 * lies at the broker until they have come, and the broker goes through all its partitions again with every write to any of them: with a hundred
 * partitions, that costs it more than the writes. Partitions of which nothing came are left out of the answer: the stock runner starts a task
 * for each.
 */
export function inRhythm(fetch: Fetching['fetch']) {
  return async function (this: Fetching, nodeId: string): Promise<FetchedBatch[]> {
    if (this.minBytes === 0) rhythms.set(this, new Map());
    this.minBytes = Math.max(1, this.minBytes);
    const rhythm = rhythmOf(this, nodeId);
    const pauseMs = rhythm && !rhythm.backlog ? rhythm.askedAt + this.maxWaitTime - performance.now() : 0;
    if (pauseMs > 0) await sleep(pauseMs);
    if (rhythm) rhythm.askedAt = performance.now();
    const batches = (await fetch.call(this, nodeId)).filter(({ rawMessages }) => rawMessages.length > 0);
    if (rhythm) rhythm.backlog = batches.reduce((sum, { rawMessages }) => sum + rawMessages.length, 0) >= BACKLOG_RECORDS;
    return batches;
  };
}

function rhythmOf(group: Fetching, nodeId: string): Rhythm | undefined {
  const byNode = rhythms.get(group);
  if (!byNode) return undefined;
  const rhythm = byNode.get(nodeId) ?? { askedAt: Number.NEGATIVE_INFINITY, backlog: false };
  byNode.set(nodeId, rhythm);
  return rhythm;
}

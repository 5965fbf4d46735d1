import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A fetch that brought so many records for each ms of its rest is followed by the next at once: so much more than comes in that time that
 * there is a backlog. Where a lower number counts as one, a busy stream is asked again at once for the little that has come meanwhile.
 */
const BACKLOG_PER_MS = 16;

interface FetchedBatch {
  /** What the broker sent, markers and aborted records included. */
  rawMessages: readonly unknown[];
}

/** What kafkajs's consumer group knows of its fetches. */
interface Fetching {
  groupId: string;
  minBytes: number;
  /** ms */
  maxWaitTime: number;
  fetch(nodeId: string): Promise<FetchedBatch[]>;
}

interface Rhythm {
  /** From the beginning of one fetch to that of the next, ms. */
  restMs: number;
  /** Whether a fetch that brought nothing is followed by a rest too. */
  afterNothing: boolean;
  /** When each broker may be asked next, by `performance.now()`. */
  nextAt: Map<string, number>;
}

/** Of groups whose members rest after a fetch that brought something, ms. */
const rests = new Map<string, number>();
const rhythms = new WeakMap<Fetching, Rhythm | null>();

/**
 * Members of this group, made from now on, begin a fetch no sooner than so long after one that brought something: what comes meanwhile is
 * taken together. A fetch that finds nothing waits at the broker as ever. For who can wait and shares a topic with who cannot.
 */
export function restAfterRecords(groupId: string, ms: number): void {
  rests.set(groupId, ms);
}

/**
 * With `minBytes: 0` a member pauses for `maxWaitTime` ms from one fetch to the next, and takes what is there. A fetch that asks for many bytes
 * lies at the broker until they have come, and the broker goes through all its partitions again with every write to any of them: with a hundred
 * partitions, that costs it more than the writes. Partitions of which nothing came are left out of the answer: the stock runner starts a task
 * for each.
 */
export function inRhythm(fetch: Fetching['fetch']) {
  return async function (this: Fetching, nodeId: string): Promise<FetchedBatch[]> {
    const rhythm = rhythmOf(this);
    const pauseMs = (rhythm?.nextAt.get(nodeId) ?? 0) - performance.now();
    if (pauseMs > 0) await sleep(pauseMs);
    const askedAt = performance.now();
    const batches = (await fetch.call(this, nodeId)).filter(({ rawMessages }) => rawMessages.length > 0);
    if (rhythm) rhythm.nextAt.set(nodeId, askedAt + restAfter(rhythm, batches));
    return batches;
  };
}

function restAfter(rhythm: Rhythm, batches: readonly FetchedBatch[]): number {
  const records = batches.reduce((sum, { rawMessages }) => sum + rawMessages.length, 0);
  if (records >= rhythm.restMs * BACKLOG_PER_MS || (records === 0 && !rhythm.afterNothing)) return 0;
  return rhythm.restMs;
}

function rhythmOf(member: Fetching): Rhythm | null {
  const known = rhythms.get(member);
  if (known !== undefined) return known;
  const paused = member.minBytes === 0;
  const restMs = paused ? member.maxWaitTime : rests.get(member.groupId);
  if (paused) member.minBytes = 1;
  const rhythm = restMs === undefined ? null : { restMs, afterNothing: paused, nextAt: new Map<string, number>() };
  rhythms.set(member, rhythm);
  return rhythm;
}

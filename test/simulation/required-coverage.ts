import { orderFlow } from '../../topology/order-flow.ts';
import { PART_POINTS, SESSION_POINTS } from '../../topology/runtime/failpoints.ts';

/** Passed only while it is armed; calls on both sides of it may crash here. */
const ARMED_ONLY = 'partitions-added';
const POINTS = SESSION_POINTS.filter((point) => point !== ARMED_ONLY);

/** What has to be seen at least once over the seeds of a full run: without it the run proves nothing. */
export const REQUIRED: readonly string[] = [
  ...orderFlow.nodes.flatMap(({ name }) => POINTS.map((point) => `passed ${name}.${point}`)),
  ...POINTS.map((point) => `crash at a node's ${point}`),
  ...PART_POINTS.timers.map((point) => `passed timers.${point}`), 'crash at a point of timers',
  'crash at a call', 'process killed', 'process paused', 'session expired', 'rebalance', 'group disturbed', 'joined again while at work', 'commit held up',
  'company away', 'late timer',
  ...['kafka', 'redis', 'company'].flatMap((server) => [`slow ${server}`, `request_lost ${server}`, `answer_lost ${server}`]),
  ...['Produce', 'AddPartitionsToTxn', 'AddOffsetsToTxn', 'TxnOffsetCommit', 'EndTxn', 'InitProducerId', 'OffsetFetch', 'OffsetCommit'].flatMap(
    (request) => [`request_lost ${request}`, `answer_lost ${request}`],
  ),
  'producer fenced', 'session fenced', 'transaction aborted', 'transaction aborted by a successor', 'transaction timed out',
  'Redis flushed', 'Redis rewound', 'Redis flushed at a transaction', 'log: Redis rebuilt from the changelog', 'log: reading goes back to the committed offset',
  'step done', 'step replayed', 'step stale', 'step marked', 'step failed', 'step too_late', 'record put off', 'timer fired', 'dead letter',
  'order ends Fulfilled', 'order ends Cancelled', 'order ends Refunded',
];

/** What of it was not seen. */
export function missing(coverage: Iterable<readonly [string, number]>): string[] {
  const seen = new Set([...coverage].flatMap(([what]) => [what, what.replace(/^crash at timers\..*/, 'crash at a point of timers').replace(/^crash at [^.]+\.(?=[a-z-]+$)/, "crash at a node's ")]));
  return REQUIRED.filter((what) => !seen.has(what));
}

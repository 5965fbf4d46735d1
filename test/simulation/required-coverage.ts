import { orderFlow } from '../../topology/order-flow.ts';

const FAILPOINTS = ['fetched', 'effects', 'produced', 'offsets', 'committed'];

/** What has to be seen at least once over the seeds of a full run: without it the run proves nothing. */
export const REQUIRED: readonly string[] = [
  ...orderFlow.nodes.flatMap(({ name }) => FAILPOINTS.map((point) => `passed ${name}.${point}`)),
  ...FAILPOINTS.map((point) => `crash at a node's ${point}`),
  'passed timers.read', 'passed timers.published', 'crash at timers.read', 'crash at timers.published',
  'crash at a call', 'process killed', 'process paused', 'session expired', 'rebalance', 'group disturbed', 'joined again while at work',
  'company away', 'late timer',
  ...['kafka', 'redis', 'company'].flatMap((server) => [`slow ${server}`, `request_lost ${server}`, `answer_lost ${server}`]),
  ...['Produce', 'AddPartitionsToTxn', 'AddOffsetsToTxn', 'TxnOffsetCommit', 'EndTxn', 'InitProducerId', 'OffsetFetch', 'OffsetCommit'].flatMap(
    (request) => [`request_lost ${request}`, `answer_lost ${request}`],
  ),
  'producer fenced', 'session fenced', 'transaction aborted', 'transaction aborted by a successor', 'transaction timed out',
  'Redis flushed', 'log: Redis rebuilt from the changelog', 'log: reading goes back to the committed offset',
  'step done', 'step replayed', 'step stale', 'step marked', 'step failed', 'step too_late', 'record put off', 'timer fired', 'dead letter',
  'order ends Fulfilled', 'order ends Cancelled', 'order ends Refunded',
];

/** What of it was not seen. */
export function missing(coverage: Iterable<readonly [string, number]>): string[] {
  const seen = new Set([...coverage].flatMap(([what]) => [what, what.replace(/^(crash at )\S+\.(fetched|effects|produced|offsets|committed)$/, "$1a node's $2")]));
  return REQUIRED.filter((what) => !seen.has(what));
}

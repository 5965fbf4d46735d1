import type { DecodedRecord, EncodedEvent } from '../../schemas/codec.ts';
import type { InterruptNode } from '../define.ts';
import type { OrderStatus } from '../order-states.ts';
import { Unprocessable } from './errors.ts';
import { failpoint } from './failpoint.ts';
import { contextOf, type Services } from './services.ts';
import { type InterruptRecord, interruptOf } from './step-input.ts';
import { answerOf, complete, decodeEvent, decodeEvents, encodeDrafts, nothing, replayed, stepKey, type StepResult, withoutEvents } from './step-result.ts';

const MAX_RACES = 20;

/** Takes a command or timer to the order wherever it is: moves it where it rests, or leaves a note, and a mark where its next step has to act. */
export async function interrupt(node: InterruptNode, input: DecodedRecord, services: Services, origin: string): Promise<StepResult> {
  const record = interruptOf(input, node);
  if (!record) return nothing('not_for_this_node');
  const result = await meet(node, record, services, origin);
  return result.events.length > 0 ? { ...result, overtaken: await overtakenBy(result, record.orderId, services) } : result;
}

/**
 * The order may be where an interrupt finds it before the log says so: the steps that are committed are gone from the journal. Those that follow
 * the interrupt, from an earlier run of it, are none of them: a rebuild that knew them would know more than the order's newest event.
 */
async function overtakenBy({ events: own, steps }: StepResult, orderId: string, services: Services): Promise<StepResult['overtaken']> {
  const from = (own[0] as EncodedEvent).event.version;
  const pending = (await services.state.pending(orderId)).filter(({ step }) => !steps.includes(step));
  const decoded = await Promise.all(pending.map(async ({ step, events }) => ({ step, events: await decodeEvents(events, services) })));
  return decoded.filter(({ events }) => events.every(({ event }) => event.version < from));
}

async function meet(node: InterruptNode, record: InterruptRecord, services: Services, origin: string): Promise<StepResult> {
  const { orderId, causationId } = record;
  const key = stepKey(node.name, causationId, origin);
  const begun = await services.state.begin(orderId, key, 0, false);
  if (begun.kind === 'replay') return replayed(begun, key, services);
  for (let race = 0; race < MAX_RACES; race += 1) {
    const { head } = await services.state.read(orderId);
    const last = head ? await decodeEvent(head.event, services) : null;
    const context = contextOf(orderId, services);
    const current = head && last ? { status: head.status, version: head.version, atRest: head.atRest, order: last.order } : null;
    const outcome = await node.run(record.input, current, context);
    failpoint(`${node.name}.first-effect`);
    if (outcome.kind !== 'move') {
      const mark = outcome.kind === 'mark' ? { causationId, reason: outcome.reason, detail: outcome.detail } : null;
      const kept = outcome.kind !== 'none';
      const noted = await services.state.note({ orderId, step: key, version: head?.version ?? 0, mark, kept });
      if (noted.kind === 'noted') return withoutEvents(mark ? 'marked' : 'too_late', kept);
      if (noted.kind === 'replay') return replayed(noted, key, services);
      continue;
    }
    if (!last) throw new Unprocessable('order_unknown', 'an interrupt cannot move an order that does not exist');
    const events = encodeDrafts(outcome.drafts, { ...last, causationId, status: last.status as OrderStatus }, services, context.now);
    const completed = await complete(key, last.version, events, true, services);
    if (completed.kind !== 'stale') return answerOf(completed, events, key, services);
  }
  throw new Unprocessable('order_too_busy', `the order moved ${MAX_RACES} times while ${node.name} tried to meet it`);
}

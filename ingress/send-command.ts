import type { StoredOrder } from '../connectors/postgres/read-model.ts';
import type { OrderCommand } from '../schemas/types.ts';
import { FINAL, type OrderStatus, restsAfter } from '../topology/order-states.ts';
import { type Answer, answer } from './answer.ts';
import { commandHeaders } from './channels/command-headers.ts';
import type { Ingress } from './dependencies.ts';
import type { Call } from './endpoint.ts';
import { entityTag } from './entity-tag.ts';
import type { LiveEvent, Waiter } from './live.ts';
import type { ReceiptView } from './order-schema.ts';
import { linksOf, orderView, receiptOf } from './order-view.ts';
import { type Waiting, waitingOf } from './prefer.ts';
import { Problem } from './problem.ts';

type Standing = Pick<ReceiptView, 'orderId' | 'status' | 'version'>;

/** What a waiting caller waits for, by kind of command: a cancelled order may still pass a final status on its way. */
const ENDS: Record<OrderCommand['kind'], ReadonlySet<OrderStatus>> = {
  place: FINAL,
  authenticate: FINAL,
  cancel: new Set<OrderStatus>(['Invalid', 'Refunded', 'Cancelled']),
};
const BROKER_RETRY_S = 2;

/**
 * Publishes a command and answers it: 202 with `standing` at once, or with `Prefer: wait` the whole order (`done`) once
 * it has ended. The wait begins before the command is on its way, so that no end is missed. An order that comes to rest
 * before its end, because the payer has to authenticate, is answered without waiting longer: nothing but the caller
 * moves it on.
 */
export async function send(
  ingress: Ingress,
  call: Call<unknown, unknown, unknown>,
  { command, standing, done }: { command: OrderCommand; standing: Standing; done: 200 | 201 },
): Promise<Answer> {
  const waiting = waitingOf(call.request.get('prefer'));
  const waiter = waiting && waitFor(ingress, waiting, command.kind, standing);
  try {
    const version = command.kind === 'place' ? 0 : standing.version;
    await ingress.publish(command, commandHeaders(command, { version, traceparent: call.request.get('traceparent') }));
  } catch (cause) {
    waiter?.cancel();
    throw refused(cause);
  }
  if (!waiting || !waiter) return receipt(standing, null);
  const event = await waiter.found;
  return afterWaiting(ingress, event, { kind: command.kind, standing, done, waiting });
}

function waitFor(ingress: Ingress, waiting: Waiting, kind: OrderCommand['kind'], standing: Standing): Waiter {
  const until = ({ version, type, endsIn }: LiveEvent): boolean =>
    version > standing.version &&
    endsIn !== null &&
    (ENDS[kind].has(endsIn) || (kind !== 'cancel' && restsAfter(type, endsIn)));
  return ingress.live.waitFor(standing.orderId, until, waiting.seconds * 1_000);
}

/**
 * The command is accepted whatever happens here, so a store that does not answer now costs the caller the whole order,
 * not the acceptance.
 */
async function afterWaiting(
  ingress: Ingress,
  event: LiveEvent | null,
  {
    kind,
    standing,
    done,
    waiting,
  }: { kind: OrderCommand['kind']; standing: Standing; done: 200 | 201; waiting: Waiting },
): Promise<Answer> {
  try {
    const found = event ? await ingress.orders.decode(event.value) : await ingress.orders.find(standing.orderId);
    if (found.version > standing.version && ENDS[kind].has(found.status as OrderStatus))
      return await whole(ingress, found, done, waiting);
    return receipt(
      found.version > standing.version
        ? { ...standing, status: found.status as OrderStatus, version: found.version }
        : standing,
      waiting,
    );
  } catch (error) {
    ingress.log.warn({ err: error }, 'the order could not be read after the wait');
    return receipt(standing, waiting);
  }
}

async function whole(ingress: Ingress, found: StoredOrder, status: 200 | 201, waiting: Waiting): Promise<Answer> {
  const view = await orderView(found, ingress.keys);
  return answer(status, view, {
    Location: view.links.self,
    ETag: entityTag(view.version),
    'Preference-Applied': waiting.applied,
  });
}

function receipt(standing: Standing, waiting: Waiting | null): Answer {
  return answer(202, receiptOf(standing), {
    Location: linksOf(standing.orderId).self,
    ...(waiting && { 'Preference-Applied': waiting.applied }),
  });
}

/**
 * The publisher says by name that it has too much to do; anything else means that the broker did not take the command
 * for certain.
 */
function refused(cause: unknown): Problem {
  const asked =
    typeof cause === 'object' && cause !== null && 'retryAfterMs' in cause
      ? Number(cause.retryAfterMs) / 1_000
      : Number.NaN;
  if (cause instanceof Error && cause.name === 'Overloaded') {
    return new Problem('overloaded', 'More commands wait for the broker than it takes.', {
      retryAfterSeconds: asked > 0 ? asked : 1,
      cause,
    });
  }
  if (cause instanceof Error && cause.name === 'RecordRefused')
    return new Problem('internal', 'The broker refuses the command as it is.', { cause });
  return new Problem(
    'unavailable',
    'The broker has not confirmed the command. Repeating the request with its Idempotency-Key is safe.',
    { retryAfterSeconds: asked > 0 ? asked : BROKER_RETRY_S, cause },
  );
}

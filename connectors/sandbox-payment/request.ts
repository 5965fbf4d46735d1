import { z } from 'zod';
import type { Money } from '../../schemas/types.ts';
import { codeOf, faultOf } from '../http/verdict.ts';
import type { HttpAnswer, HttpRequest } from '../http/exchange.ts';
import type { AuthorizeOutcome, AuthorizeRequest, CaptureOutcome, ReversalOutcome } from '../ports/payment.ts';

const SYSTEM = 'sandbox payment';
const PROCESSOR = 'sandbox';
const KEY = /^[A-Za-z0-9_:.-]{1,255}$/;

const Id = z.string().min(1).max(128);
const Decision = z.discriminatedUnion('state', [
  z.object({ key: Id, state: z.literal('authorised'), authorizationId: Id }),
  z.object({ key: Id, state: z.literal('challenged'), challengeUrl: z.url({ protocol: /^https?$/ }) }),
  z.object({ key: Id, state: z.literal('declined'), declineCode: z.string().regex(/^[a-z0-9_]{1,64}$/) }),
]);
const Approved = z.object({ amount: z.int(), currency: z.string() });
const Capture = z.object({ key: Id, captureId: Id, amount: z.int() });
const Reversal = z.discriminatedUnion('outcome', [
  z.object({ key: Id, outcome: z.enum(['voided', 'refunded']), reversalId: Id }),
  z.object({ key: Id, outcome: z.literal('nothing') }),
]);

export function authorizeRequest({ idempotencyKey, orderId, amount, method, token }: AuthorizeRequest): HttpRequest {
  const body = { orderId, amount: amount.amount, currency: amount.currency, method, token };
  return { method: 'POST', path: '/payments', idempotencyKey: checked(idempotencyKey), body };
}

export function authenticateRequest(chargeKey: string, result: 'authenticated' | 'failed'): HttpRequest {
  return { method: 'POST', path: `${pathOf(chargeKey)}/authenticate`, body: { result } };
}

export function captureRequest(chargeKey: string, { amount, currency }: Money): HttpRequest {
  return { method: 'POST', path: `${pathOf(chargeKey)}/capture`, body: { amount, currency } };
}

export function reverseRequest(chargeKey: string): HttpRequest {
  return { method: 'POST', path: `${pathOf(chargeKey)}/reverse` };
}

/** An approval counts only where it is for the amount asked; `asked` is left out where the amount is not at hand. */
export function authorizeOutcome(answer: HttpAnswer, chargeKey: string, asked?: Money): AuthorizeOutcome {
  const decision = read(Decision, answer, chargeKey);
  switch (decision.state) {
    case 'authorised':
      if (asked && !isFor(asked, answer.body)) throw faultOf(`${SYSTEM}: approval of another amount`, answer);
      return { kind: 'approved', authorizationId: decision.authorizationId, processor: PROCESSOR };
    case 'challenged':
      return { kind: 'challenged', processor: PROCESSOR, challengeUrl: decision.challengeUrl };
    case 'declined':
      return { kind: 'declined', processor: PROCESSOR, declineCode: decision.declineCode };
  }
}

/** 402 is a plain no, and so is 404: what was never authorised cannot be captured. */
export function captureOutcome(answer: HttpAnswer, chargeKey: string, asked: Money): CaptureOutcome {
  const code = answer.status === 402 || answer.status === 404 ? codeOf(answer.body) : undefined;
  if (code !== undefined && code !== 'not_found') return { kind: 'refused', code };
  const capture = read(Capture, answer, chargeKey);
  if (capture.amount !== asked.amount) throw faultOf(`${SYSTEM}: capture of another amount`, answer);
  return { kind: 'captured', captureId: capture.captureId };
}

export function reversalOutcome(answer: HttpAnswer, chargeKey: string): ReversalOutcome {
  const reversal = read(Reversal, answer, chargeKey);
  if (reversal.outcome === 'nothing') return { kind: 'nothing' };
  return { kind: reversal.outcome, reversalId: reversal.reversalId };
}

/** The body of a 200 that is well formed and speaks of our payment; throws for every other answer. */
function read<T extends { key: string }>(schema: z.ZodType<T>, answer: HttpAnswer, chargeKey: string): T {
  const body = answer.status === 200 ? schema.safeParse(answer.body) : undefined;
  if (!body?.success || body.data.key !== chargeKey) throw faultOf(SYSTEM, answer);
  return body.data;
}

function isFor(asked: Money, body: unknown): boolean {
  const approved = Approved.safeParse(body);
  return approved.success && approved.data.amount === asked.amount && approved.data.currency === asked.currency;
}

function pathOf(chargeKey: string): string {
  return `/payments/${encodeURIComponent(checked(chargeKey))}`;
}

function checked(key: string): string {
  if (!KEY.test(key)) throw new Error('malformed payment key: 1 to 255 letters, digits, _ : . or - are needed');
  return key;
}

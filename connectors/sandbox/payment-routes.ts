import { z } from 'zod';
import { answer, invalidBody, NOT_FOUND, refusal, type SandboxAnswer, type SandboxRequest } from './answer.ts';
import { page } from './page.ts';
import type { PaymentProcessor } from './payment-processor.ts';
import type { PaymentRecord } from './payment-records.ts';

const Key = z.string().regex(/^[A-Za-z0-9_:.-]{1,255}$/);
const Amount = z.int().min(1);
const Currency = z.string().regex(/^[A-Z]{3}$/);
const AuthorizationBody = z.object({
  orderId: z.string().min(1).max(128),
  amount: Amount,
  currency: Currency,
  method: z.string().min(1).max(64),
  token: z.string().min(1).max(255),
});
const AuthenticationBody = z.object({ result: z.enum(['authenticated', 'failed']) });
const CaptureBody = z.object({ amount: Amount, currency: Currency });

const PAYMENT_NOT_FOUND = refusal(404, 'payment_not_found', 'There is no payment with this key.');
const INVALID_KEY = refusal(400, 'invalid_key', 'A key is 1 to 255 letters, digits, _ : . or -');
const BODY_DIFFERS = refusal(422, 'idempotency_key_reused', 'The key was used before with another body.');
const PROCESSING_ERROR = refusal(500, 'processing_error', 'The payment could not be processed now.');

/**
 * POST /payments (header Idempotency-Key), POST /payments/{key}/authenticate, /capture, /reverse, GET /payments/{key},
 * GET /ledger?after&limit, GET /ledger/summary. Declines are answers with state `declined`; refused captures are 402.
 */
export function paymentRoutes(
  processor: PaymentProcessor,
  baseUrl: string,
): (request: SandboxRequest) => SandboxAnswer {
  const challengeUrl = (key: string) => `${baseUrl}/challenges/${encodeURIComponent(key)}`;

  const authorize = (key: string, body: unknown): SandboxAnswer => {
    const asked = AuthorizationBody.safeParse(body);
    if (!asked.success) return invalidBody(asked.error);
    const result = processor.authorize(key, asked.data);
    if (result.kind === 'failed') return PROCESSING_ERROR;
    if (result.kind === 'body_differs') return BODY_DIFFERS;
    if (result.answerLost) return 'connection_lost';
    return answer(200, authorizationAnswer(result.payment, challengeUrl(key)));
  };

  const authenticate = (key: string, body: unknown): SandboxAnswer => {
    const asked = AuthenticationBody.safeParse(body);
    if (!asked.success) return invalidBody(asked.error);
    const result = processor.authenticate(key, asked.data.result);
    if (result.kind === 'not_found') return PAYMENT_NOT_FOUND;
    if (result.kind === 'not_challenged') return refusal(422, 'not_challenged', 'The payment was never challenged.');
    return answer(200, outcome(result.payment));
  };

  const capture = (key: string, body: unknown): SandboxAnswer => {
    const asked = CaptureBody.safeParse(body);
    if (!asked.success) return invalidBody(asked.error);
    const result = processor.capture(key, asked.data.amount, asked.data.currency);
    if (result.kind === 'not_found') return PAYMENT_NOT_FOUND;
    if (result.kind === 'refused') return refusal(402, result.code, 'The amount cannot be captured.');
    return answer(200, { key, captureId: result.payment.captureId, amount: result.payment.capturedAmount });
  };

  const post = (key: string, action: string | undefined, body: unknown): SandboxAnswer => {
    if (!Key.safeParse(key).success) return INVALID_KEY;
    switch (action) {
      case undefined:
        return authorize(key, body);
      case 'authenticate':
        return authenticate(key, body);
      case 'capture':
        return capture(key, body);
      case 'reverse': {
        const { kind, ...reversal } = processor.reverse(key);
        return answer(200, { key, outcome: kind, ...reversal });
      }
      default:
        return NOT_FOUND;
    }
  };

  return ({ method, path, query, idempotencyKey, body }) => {
    const [collection, key, action] = path;
    if (collection === 'ledger' && method === 'GET') {
      if (path.length === 1) return page('entries', query, (after, limit) => processor.ledger.page(after, limit));
      return path.length === 2 && key === 'summary' ? answer(200, processor.ledger.summary()) : NOT_FOUND;
    }
    if (collection === 'payments' && method === 'POST') {
      if (path.length === 1) return post(idempotencyKey ?? '', undefined, body);
      return path.length === 3 ? post(key!, action!, body) : NOT_FOUND;
    }
    if ((collection === 'payments' || collection === 'challenges') && method === 'GET' && path.length === 2) {
      const payment = processor.find(key!);
      return payment ? answer(200, resource(payment)) : PAYMENT_NOT_FOUND;
    }
    return NOT_FOUND;
  };
}

/** The key of the payment a request changes, or undefined: calls for one payment are taken one at a time. */
export function paymentKeyOf({ method, path, idempotencyKey }: SandboxRequest): string | undefined {
  if (method !== 'POST' || path[0] !== 'payments') return undefined;
  return path.length === 1 ? idempotencyKey : path[1];
}

export const PAYMENT_IN_FLIGHT = refusal(409, 'in_flight', 'Another call for this payment is being processed.');

/** The first answer to the authorisation, unless the payment has been reversed since. */
function authorizationAnswer(payment: PaymentRecord, challengeUrl: string): object {
  const reversed = payment.state === 'voided' || payment.state === 'refunded';
  if (payment.challenged && !reversed)
    return { key: payment.key, ...asked(payment), state: 'challenged', challengeUrl };
  return outcome(payment);
}

/** Whether the money is there. After a reversal it is not, and will not be. */
function outcome(payment: PaymentRecord): object {
  switch (payment.state) {
    case 'authorised':
    case 'captured':
      return { key: payment.key, ...asked(payment), state: 'authorised', authorizationId: payment.authorizationId };
    case 'declined':
      return { key: payment.key, ...asked(payment), state: 'declined', declineCode: payment.declineCode };
    default:
      return { key: payment.key, ...asked(payment), state: 'declined', declineCode: 'reversed' };
  }
}

function asked({ orderId, amount, currency }: PaymentRecord): object {
  return { orderId, amount, currency };
}

function resource({ fingerprint: _, challenged, ...payment }: PaymentRecord): object {
  return { ...payment, challenged: challenged === 1 };
}

import type { Exchange } from '../http/exchange.ts';
import type { PaymentPort } from '../ports/payment.ts';
import * as mapping from './request.ts';

/**
 * The payment port over any exchange. May be retried with the same key: no answer, 5xx, 408, 409 (a call for the payment is in
 * flight), 425, 429, and every answer that does not plainly say yes or no. May not: all other 4xx.
 */
export function sandboxPayment(exchange: Exchange): PaymentPort {
  return {
    async authorize(request) {
      const answer = await exchange(mapping.authorizeRequest(request));
      return mapping.authorizeOutcome(answer, request.idempotencyKey, request.amount);
    },
    async authenticate(chargeKey, result) {
      const answer = await exchange(mapping.authenticateRequest(chargeKey, result));
      return mapping.authorizeOutcome(answer, chargeKey);
    },
    async capture(chargeKey, amount) {
      const answer = await exchange(mapping.captureRequest(chargeKey, amount));
      return mapping.captureOutcome(answer, chargeKey, amount);
    },
    async reverse(chargeKey) {
      const answer = await exchange(mapping.reverseRequest(chargeKey));
      return mapping.reversalOutcome(answer, chargeKey);
    },
  };
}

import type { Money } from '../../schemas/types.ts';

export interface AuthorizeRequest {
  /** `<orderId>:charge`. The processor must answer a repeat of it with the first outcome, and find a lost one by it. */
  idempotencyKey: string;
  orderId: string;
  amount: Money;
  method: string;
  token: string;
}

export type AuthorizeOutcome =
  | { kind: 'approved'; authorizationId: string; processor: string }
  | { kind: 'challenged'; processor: string; challengeUrl: string }
  | { kind: 'declined'; processor: string; declineCode: string };

export type CaptureOutcome = { kind: 'captured'; captureId: string } | { kind: 'refused'; code: string };

export type ReversalOutcome =
  /** An authorisation was cancelled, or an open challenge was closed: no money had moved. */
  | { kind: 'voided'; reversalId: string }
  /** A capture was paid back. */
  | { kind: 'refunded'; reversalId: string }
  /** No payment exists under the key; a late authorisation with it will now be refused. */
  | { kind: 'nothing' };

/**
 * A payment processor. Every call is idempotent by its key, answers a business "no" as an outcome and throws TransientFault where
 * the answer is not known. A timed-out call is repeated with the same key, never with a new one.
 */
export interface PaymentPort {
  authorize(request: AuthorizeRequest): Promise<AuthorizeOutcome>;
  /** Ends a challenge; `chargeKey` is the idempotency key of the authorisation. Once ended, repeats answer the first outcome. */
  authenticate(chargeKey: string, result: 'authenticated' | 'failed'): Promise<AuthorizeOutcome>;
  capture(chargeKey: string, amount: Money): Promise<CaptureOutcome>;
  /** Gives back whatever was taken under the key: closes a challenge, voids an authorisation, or refunds a capture. */
  reverse(chargeKey: string): Promise<ReversalOutcome>;
}

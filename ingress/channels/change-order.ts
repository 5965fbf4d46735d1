import type { ChallengeResult, OrderCommand } from '../../schemas/types.ts';

interface Given {
  commandId: string;
  orderId: string;
  /** ms, UTC. */
  now: number;
}

/** Asks for an order to be cancelled, wherever the command meets it. */
export const cancelCommand = ({ commandId, orderId, now }: Given, reason: string): OrderCommand => ({
  commandId,
  orderId,
  kind: 'cancel',
  issuedAt: now,
  place: null,
  cancel: { reason },
  authenticate: null,
});

/** Ends the open payment challenge of an order. */
export const authenticateCommand = ({ commandId, orderId, now }: Given, result: ChallengeResult): OrderCommand => ({
  commandId,
  orderId,
  kind: 'authenticate',
  issuedAt: now,
  place: null,
  cancel: null,
  authenticate: { result },
});

import type { Order } from '../../schemas/types.ts';

/** What an order says of steps that have not been taken: nothing priced, held, paid, ticketed or sent. */
export const untouched = (payment: Pick<Order['payment'], 'method' | 'token'>) =>
  ({
    total: null,
    payment: {
      method: payment.method,
      token: payment.token,
      status: 'none',
      processor: null,
      authorizationId: null,
      captureId: null,
      reversalId: null,
      challengeUrl: null,
      declineCode: null,
    },
    fraud: null,
    hold: null,
    bookingReference: null,
    tickets: [],
    notifications: [],
    faults: [],
    closure: null,
    interrupts: 0,
  }) satisfies Partial<Order>;

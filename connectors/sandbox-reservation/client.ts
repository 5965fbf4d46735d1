import type { Exchange } from '../http/exchange.ts';
import type { ReservationPort } from '../ports/reservation.ts';
import * as mapping from './request.ts';

/**
 * The reservation port over any exchange. May be retried for the same order: no answer, 5xx, 408, 409, 425, 429, and every answer
 * that does not plainly say yes or no. May not: all other 4xx.
 */
export function sandboxReservation(exchange: Exchange): ReservationPort {
  return {
    async ticket(request) {
      return mapping.ticketOutcome(await exchange(mapping.ticketRequest(request)), request);
    },
    async cancel(orderId) {
      return mapping.cancelOutcome(await exchange(mapping.cancelRequest(orderId)), orderId);
    },
  };
}

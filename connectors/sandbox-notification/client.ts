import type { Exchange } from '../http/exchange.ts';
import type { NotificationPort } from '../ports/notification.ts';
import { deliveryOutcome, sendRequest } from './request.ts';

/**
 * The notification port over any exchange. May be retried with the same key: no answer, 5xx, 408, 409, 425, 429, and every answer
 * that does not plainly say yes or no. May not: all other 4xx.
 */
export function sandboxNotification(exchange: Exchange): NotificationPort {
  return {
    async send(message) {
      return deliveryOutcome(await exchange(sendRequest(message)), message.idempotencyKey);
    },
  };
}

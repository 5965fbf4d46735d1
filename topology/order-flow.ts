import { cancel } from '../processors/orders/cancel.ts';
import { receive } from '../processors/orders/receive.ts';
import { validate } from '../processors/orders/validate.ts';
import { confirmHold } from '../processors/inventory/confirm-hold.ts';
import { expireHolds } from '../processors/inventory/expire-holds.ts';
import { hold } from '../processors/inventory/hold.ts';
import { release } from '../processors/inventory/release.ts';
import { notify } from '../processors/fulfilment/notify.ts';
import { ticket } from '../processors/fulfilment/ticket.ts';
import { authenticate } from '../processors/payments/authenticate.ts';
import { capture } from '../processors/payments/capture.ts';
import { charge } from '../processors/payments/charge.ts';
import { refund } from '../processors/payments/refund.ts';
import { scoreFraud } from '../processors/payments/score-fraud.ts';
import { defineFlow, interrupt, opener, processor } from './define.ts';

/** THE order pipeline: every node, what it takes and what it may emit. Edges follow from the event types. */
export const orderFlow = defineFlow({
  name: 'orders',
  nodes: [
    opener({
      name: 'receive', summary: 'accepts a place command, once', accepts: 'place',
      emits: ['OrderReceived', 'CancelRequested'], run: receive,
    }),
    processor({
      name: 'validate', summary: 'checks passengers, itinerary, currency; prices from the catalogue',
      on: ['OrderReceived'], emits: ['OrderValidated', 'OrderInvalid'], uses: ['keys'], run: validate,
    }),
    processor({
      name: 'score-fraud', summary: 'scores risk 0..1 with reasons; declines at the threshold',
      on: ['OrderValidated'], emits: ['OrderScored', 'OrderCancelled'], uses: ['velocity'], run: scoreFraud,
    }),
    processor({
      name: 'hold', summary: 'holds all seats or none, for 15 minutes',
      on: ['OrderScored'], emits: ['InventoryHeld', 'InventoryUnavailable'], uses: ['inventory'], run: hold,
    }),
    processor({
      name: 'charge', summary: 'authorises the total',
      on: ['InventoryHeld'], emits: ['PaymentApproved', 'PaymentChallenged', 'PaymentFailed'], uses: ['payment'], run: charge,
    }),
    processor({
      name: 'confirm-hold', summary: 'turns the hold into a sale',
      on: ['PaymentApproved'], emits: ['InventoryConfirmed', 'InventoryUnavailable'], uses: ['inventory'], run: confirmHold,
    }),
    processor({
      name: 'ticket', summary: 'books and issues e-tickets',
      on: ['InventoryConfirmed'], emits: ['TicketIssued', 'TicketingFailed'], uses: ['reservation', 'keys'], run: ticket,
    }),
    processor({
      name: 'capture', summary: 'captures the authorised amount',
      on: ['TicketIssued'], emits: ['OrderConfirmed', 'CaptureFailed'], uses: ['payment'], run: capture,
    }),
    processor({
      name: 'notify', summary: 'hands documents and messages over for delivery',
      on: ['OrderConfirmed'], emits: ['OrderFulfilled'], uses: ['notification', 'keys'], run: notify,
    }),
    processor({
      name: 'release', summary: 'gives seats and tickets back; decides whether money must go back',
      on: ['InventoryUnavailable', 'PaymentFailed', 'TicketingFailed', 'CaptureFailed', 'CancelRequested'],
      emits: ['OrderCancelled', 'VoidRequested', 'RefundRequested'], uses: ['inventory', 'reservation'],
      compensates: ['inventory', 'reservation'], divertible: false, run: release,
    }),
    processor({
      name: 'refund', summary: 'voids or refunds whatever was taken',
      on: ['VoidRequested', 'RefundRequested'], emits: ['OrderCancelled', 'OrderRefunded'], uses: ['payment'],
      compensates: ['payment'], divertible: false, run: refund,
    }),
    interrupt({
      name: 'cancel', summary: 'meets a cancel command with the order, wherever it is', accepts: 'cancel',
      emits: ['CancelRequested'], run: cancel,
    }),
    interrupt({
      name: 'authenticate', summary: 'ends a payment challenge', accepts: 'authenticate',
      emits: ['PaymentApproved', 'PaymentFailed'], uses: ['payment'], run: authenticate,
    }),
    interrupt({
      name: 'expire-holds', summary: 'gives up on orders whose hold has lapsed', accepts: 'hold_expiry',
      emits: ['CancelRequested'], run: expireHolds,
    }),
  ],
});

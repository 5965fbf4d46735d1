import { z } from 'zod';
import { PAYMENT_METHODS } from '../../processors/payments/methods.ts';
import type { OrderStatus } from '../../topology/order-states.ts';
import { answer } from '../answer.ts';
import { authenticateCommand } from '../channels/change-order.ts';
import { endpoint } from '../endpoint.ts';
import { entityTag } from '../entity-tag.ts';
import { OrderView, PaymentView, ReceiptView } from '../order-schema.ts';
import { paymentView } from '../order-view.ts';
import { Problem } from '../problem.ts';
import { send } from '../send-command.ts';
import { OrderParams } from './orders.ts';

const OrderPayment = PaymentView.extend({
  orderId: z.string(),
  total: z.object({ amount: z.int(), currency: z.string() }).nullable(),
}).meta({ id: 'OrderPayment' });

export const readPayment = endpoint({
  method: 'get',
  path: '/api/v1/orders/:orderId/payment',
  operationId: 'readOrderPayment',
  tag: 'payments',
  summary: 'Reads the payment of an order.',
  params: OrderParams,
  paramsProblem: 'order_not_found',
  answers: { 200: { description: 'The payment.', schema: OrderPayment, headers: { ETag: "The order's version." } } },
  problems: ['order_not_found', 'unavailable'],
  async handle({ orders }, { params }) {
    const { orderId, order, version } = await orders.find(params.orderId);
    return answer(200, { orderId, ...paymentView(order.payment), total: order.total }, { ETag: entityTag(version) });
  },
});

const ChallengeBody = z
  .strictObject({ challengeResult: z.enum(['authenticated', 'failed']) })
  .meta({ id: 'ChallengeOutcome' });

export const endChallenge = endpoint({
  method: 'post',
  path: '/api/v1/orders/:orderId/payment',
  operationId: 'endPaymentChallenge',
  tag: 'payments',
  summary: "Ends the payer's authentication (3-D Secure) of an order in status PaymentPending.",
  params: OrderParams,
  paramsProblem: 'order_not_found',
  requestHeaders: {
    Prefer: '`wait=N`, 1 to 30 seconds: answer once the order has ended.',
    traceparent: 'W3C trace context, passed on to all that follows.',
  },
  body: { schema: ChallengeBody, problem: 'invalid_request', example: { challengeResult: 'authenticated' } },
  answers: {
    200: { description: 'The order has ended within the wait.', schema: OrderView },
    202: {
      description: 'The result is on its way to the order.',
      schema: ReceiptView,
      headers: { Location: 'The order.' },
    },
  },
  problems: [
    'invalid_request',
    'malformed_json',
    'pan_not_accepted',
    'order_not_found',
    'no_open_challenge',
    'body_too_large',
    'unsupported_media_type',
    'overloaded',
    'unavailable',
  ],
  async handle(ingress, call) {
    const { orderId, version, status } = await ingress.orders.find(call.params.orderId);
    if (status !== 'PaymentPending') throw new Problem('no_open_challenge', `The order is ${status}.`);
    const command = authenticateCommand(
      { commandId: ingress.newId(), orderId, now: ingress.now() },
      call.body.challengeResult,
    );
    return send(ingress, call, { command, standing: { orderId, status: status as OrderStatus, version }, done: 200 });
  },
});

/** What the sandbox does with a token that begins so. */
const SANDBOX_TOKENS: Record<string, string> = {
  tok_visa: 'approved',
  tok_mastercard: 'approved',
  tok_amex: 'approved',
  tok_declined: 'declined: card_declined',
  tok_insufficient_funds: 'declined: insufficient_funds',
  tok_expired_card: 'declined: expired_card',
  tok_3ds: 'asks the payer to authenticate',
  tok_timeout: 'charges, but the answer is lost and found again',
  tok_flaky: 'fails twice, then approved',
  tok_fraud: 'scored as fraud: declined before seats are held',
};

export const listMethods = endpoint({
  method: 'get',
  path: '/api/v1/payments/methods',
  operationId: 'listPaymentMethods',
  tag: 'payments',
  summary: "Ways to pay, with the currencies sold in and the sandbox's tokens.",
  answers: {
    200: {
      description: 'The methods.',
      schema: z.object({
        data: z.array(
          z.object({ method: z.string(), name: z.string(), family: z.string(), currencies: z.array(z.string()) }),
        ),
        sandboxTokens: z.array(z.object({ token: z.string(), behaviour: z.string() })),
      }),
    },
  },
  problems: [],
  handle: ({ settings }) =>
    answer(200, {
      data: PAYMENT_METHODS.map(({ id, name, family }) => ({
        method: id,
        name,
        family,
        currencies: settings.currencies,
      })),
      sandboxTokens: Object.entries(SANDBOX_TOKENS).map(([token, behaviour]) => ({ token, behaviour })),
    }),
});

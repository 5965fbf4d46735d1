import type { Fault, Order } from '../../schemas/types.ts';
import { fault } from '../orders/faults.ts';
import { containsCardNumber } from './card-number.ts';
import { PAYMENT_METHODS } from './methods.ts';

const TOKEN = /^[A-Za-z0-9][A-Za-z0-9_.:-]{3,127}$/;

/** Faults of method and token, and of a card number anywhere in the order's clear text. */
export function checkPayment(order: Order): Fault[] {
  const { method, token } = order.payment;
  const cardNumbers = clearTexts(order).filter(([, text]) => containsCardNumber(text));
  return [
    ...(PAYMENT_METHODS.some(({ id }) => id === method) ? [] : [fault('unknown_payment_method', '/payment/method')]),
    ...(TOKEN.test(token) ? [] : [fault('bad_token', '/payment/token')]),
    ...cardNumbers.map(([pointer]) => fault('pan_not_accepted', pointer)),
  ];
}

/** Every text a channel states in clear, with its place. */
function clearTexts({ customer, passengers, items, payment, currency }: Order): [pointer: string, text: string][] {
  return [
    ['/payment/method', payment.method],
    ['/payment/token', payment.token],
    ['/currency', currency],
    ['/customer/customerId', customer.customerId],
    ['/customer/locale', customer.locale],
    ...passengers.map(({ passengerId }, index): [string, string] => [`/passengers/${index}/passengerId`, passengerId]),
    ...items.flatMap((item, index) =>
      (['itemId', 'flightNumber', 'departureDate', 'bookingClass', 'code'] as const).map((field): [string, string] => [
        `/items/${index}/${field}`,
        item[field] ?? '',
      ]),
    ),
  ];
}

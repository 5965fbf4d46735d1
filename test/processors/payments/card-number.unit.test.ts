import { expect, test } from 'vitest';
import { containsCardNumber, passesLuhn, redactCardNumbers } from '../../../processors/payments/card-number.ts';

test.each(['4242424242424242', '5555555555554444', '378282246310005', '4222222222222', '6304000000000000000'])(
  '%s passes',
  (digits) => {
    expect(passesLuhn(digits)).toBe(true);
  },
);

test.each(['4242424242424241', '1234567812345678', '1'])('%s does not pass', (digits) => {
  expect(passesLuhn(digits)).toBe(false);
});

test.each([
  '4242424242424242',
  'card: 4242 4242 4242 4242.',
  '5555-5555-5555-4444',
  'tok_378282246310005',
  '3782 822463 10005',
  '(4222222222222)',
])('%j has a card number', (text) => {
  expect(containsCardNumber(text)).toBe(true);
});

test.each([
  '4242424242424241',
  '424242424242',
  '42424242424242424242',
  'tok_a4242424242424242',
  '4242 4242-4242 4242',
  '+442071838750',
  '019b2f6e-9b1c-4242-8424-424242424242',
  '2026-12-24',
  'tok_visa',
  '',
  '1234567890128',
])('%j has none', (text) => {
  expect(containsCardNumber(text)).toBe(false);
});

test('redacts card numbers and leaves other numbers', () => {
  expect(redactCardNumbers('paid 4242424242424242 for ticket 1252106312810, ref 378282246310005')).toBe(
    'paid [card number] for ticket 1252106312810, ref [card number]',
  );
});

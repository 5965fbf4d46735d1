import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsCardNumber, jsonHoldsCardNumber, withoutCardNumbers } from '../../ingress/card-number.ts';

/** Numbers the networks publish for tests. */
const CARDS = [
  '4111111111111111',
  '4242424242424242',
  '4012888888881881',
  '4222222222222',
  '5555555555554444',
  '5105105105105100',
  '2223003122003222',
  '378282246310005',
  '371449635398431',
  '6011111111111117',
  '6011000990139424',
  '30569309025904',
  '38520000023237',
  '3530111333300000',
  '3566002020360505',
  '6205500000000000004',
  '4000002760003184',
];

describe('a card number', () => {
  it.each(CARDS)('%s is found bare, grouped and inside other text', (card) => {
    expect(holdsCardNumber(card)).toBe(true);
    expect(holdsCardNumber(card.replace(/(.{4})(?=.)/g, '$1 '))).toBe(true);
    expect(holdsCardNumber(card.replace(/(.{4})(?=.)/g, '$1-'))).toBe(true);
    expect(holdsCardNumber(`my card is ${card}, thanks`)).toBe(true);
    expect(holdsCardNumber(`tok_${card}`)).toBe(true);
    expect(holdsCardNumber(`x${card}y`)).toBe(true);
  });

  it.each([
    ['with its security code behind', '4111 1111 1111 1111 123'],
    ['with an expiry in front', '12 27 4111 1111 1111 1111'],
    [
      'between two separators a digit',
      '4 - 1 - 1 - 1 - 1 - 1 - 1 - 1 - 1 - 1 - 1 - 1 - 1 - 1 - 1 - 1'.replaceAll(' - ', '- '),
    ],
    ['with no-break spaces', '4111\u00a01111\u00a01111\u00a01111'],
    ['in full-width digits', '４１１１１１１１１１１１１１１１'],
    ['in Arabic-Indic digits', '٤١١١١١١١١١١١١١١١'],
    ['after a plus sign, longer than any phone number', '+4111111111111111'],
  ])('is found %s', (_how, text) => {
    expect(holdsCardNumber(text)).toBe(true);
  });

  it.each([
    ['a phone number', '+442071838750'],
    ['a long phone number that passes Luhn', '+4222222222222'],
    ['a card number with a digit wrong', '4111111111111112'],
    ['twelve digits', '411111111111'],
    ['a ticket number', '0002106312810'],
    ['a time in ms', '1795350000000'],
    ['a UUID of digits', '41111111-1111-4111-8111-111111111111'],
    ['an order of no network', '1111111111111117'],
    ['digits in a list', '4111, 1111, 1111, 1111'],
  ])('is not seen in %s', (_what, text) => {
    expect(holdsCardNumber(text)).toBe(false);
  });

  it('is not seen in random ids, or in fewer than one of fifty random digit runs', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => !holdsCardNumber(id)),
      { numRuns: 2_000 },
    );
    const runs = fc.sample(fc.stringMatching(/^[0-9]{13,19}$/), { numRuns: 5_000, seed: 7 });
    expect(runs.filter(holdsCardNumber).length).toBeLessThan(100);
  });
});

describe('in JSON', () => {
  it('is found in strings, numbers and member names at any depth', () => {
    expect(jsonHoldsCardNumber({ a: [{ b: 'x 4111111111111111' }] })).toBe(true);
    expect(jsonHoldsCardNumber([[4_111_111_111_111_111]])).toBe(true);
    expect(jsonHoldsCardNumber({ '4111111111111111': 1 })).toBe(true);
    expect(jsonHoldsCardNumber({ a: [1, null, true, 'tok_visa'] })).toBe(false);
  });

  it('is looked for without recursion', () => {
    let deep: unknown = '4111111111111111';
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    expect(jsonHoldsCardNumber(deep)).toBe(true);
  });
});

it('is starred out of text that has to be repeated', () => {
  expect(withoutCardNumbers('/orders/4111111111111111')).toBe('/orders/****************');
  expect(withoutCardNumbers('/orders/1234')).toBe('/orders/1234');
});

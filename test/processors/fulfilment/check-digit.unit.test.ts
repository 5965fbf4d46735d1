import { expect, test } from 'vitest';
import { checkDigit } from '../../../processors/fulfilment/check-digit.ts';

test.each([
  ['1252106312810', 'document10', 0],
  ['1252106312810', 'airline_document13', 3],
  ['0000000000006', 'document10', 6],
  ['9999999999999', 'document10', 9_999_999_999 % 7],
] as const)('%s under %s: %i', (ticketNumber, scheme, expected) => {
  expect(checkDigit(ticketNumber, scheme)).toBe(expected);
});

test.each(['', '125210631281', '12521063128100', '125-210631281', '١٢٣٤٥٦٧٨٩٠١٢٣'])(
  '%j is no ticket number',
  (text) => {
    expect(() => checkDigit(text, 'document10')).toThrow(RangeError);
  },
);

/**
 * 13 to 19 digits standing alone, the first from 2 to 6, in one run or grouped as on a card (4-4-4-n, 4-6-n) by spaces
 * or hyphens.
 */
const CANDIDATE =
  /(?<![A-Za-z0-9])(?:[2-6](?:\d{12,18}|\d{3}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{3}([ -])\d{6}\2\d{4,5}))(?![A-Za-z0-9])/g;

/** Whether a digit string passes the Luhn check. */
export function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const doubled = Number(digit) * (place % 2 === 1 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

const isCardNumber = (text: string): boolean => passesLuhn(text.replace(/\D/g, ''));

/** Whether the text has a card number in it. Digits inside a longer word, such as a hash or a UUID, are none. */
export function containsCardNumber(text: string): boolean {
  return (text.match(CANDIDATE) ?? []).some(isCardNumber);
}

/** The text with each card number replaced. */
export function redactCardNumbers(text: string): string {
  return text.replace(CANDIDATE, (match) => (isCardNumber(match) ? '[card number]' : match));
}

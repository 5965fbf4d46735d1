import { passesLuhn } from '../processors/payments/card-number.ts';

/**
 * Finds card numbers, so that they can be refused before anything is kept of them.
 *
 * A card number is a run of 13 to 19 digits that starts with a range a card network issues from, has a length that
 * network uses and passes the Luhn check. Up to two spaces, dashes or dots may stand between digits; a longer run of
 * such groups is searched for a number that begins and ends at group borders ("4111 1111 1111 1111 123"). Not taken for
 * cards: international phone numbers (a plus sign and up to 15 digits) and UUIDs. Timestamps in ms begin with a digit
 * no network uses, and of ticket numbers only those of airlines 400 to 499 can be mistaken, one in ten of them.
 */

interface Network {
  prefix: RegExp;
  lengths: ReadonlySet<number>;
}

const UP_TO_19_FROM_16 = new Set([16, 17, 18, 19]);
const NETWORKS: readonly Network[] = [
  { prefix: /^4/, lengths: new Set([13, 16, 19]) },
  { prefix: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: new Set([16]) },
  { prefix: /^3[47]/, lengths: new Set([15]) },
  { prefix: /^3(0[0-5]|095|[689])/, lengths: new Set([14, 16, 19]) },
  { prefix: /^35(2[89]|[3-8])/, lengths: UP_TO_19_FROM_16 },
  { prefix: /^(6011|64[4-9]|65|62|8[12]|60|508)/, lengths: UP_TO_19_FROM_16 },
  { prefix: /^(50|5[6-9]|6[0-9])/, lengths: new Set([16, 18, 19]) },
  { prefix: /^220[0-4]/, lengths: UP_TO_19_FROM_16 },
];

const GAP = '[ \\-.\\u00a0\\u2010-\\u2015]{0,2}';
const DIGIT_RUN = new RegExp(`\\+?\\d(?:${GAP}\\d){12,}`, 'g');
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const LONGEST_PHONE = 15;
const MIN_DIGITS = 13;
const MAX_DIGITS = 19;

/** Whether the text holds a card number. Digits of other scripts and full-width digits count as digits. */
export function holdsCardNumber(text: string): boolean {
  if (text.length < MIN_DIGITS) return false;
  const plain = isAscii(text) ? text : text.normalize('NFKC').replace(/\p{Nd}/gu, asciiDigit);
  for (const [run] of plain.replace(UUID, 'uuid').matchAll(DIGIT_RUN)) {
    if (runHoldsCardNumber(run)) return true;
  }
  return false;
}

/**
 * Whether any string, number or member name in a JSON value holds a card number. Walks without recursion: depth is the
 * sender's choice.
 */
export function jsonHoldsCardNumber(value: unknown): boolean {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'string' && holdsCardNumber(next)) return true;
    if (typeof next === 'number' && holdsCardNumber(String(next))) return true;
    if (typeof next !== 'object' || next === null) continue;
    for (const [name, member] of Object.entries(next)) {
      if (holdsCardNumber(name)) return true;
      pending.push(member);
    }
  }
  return false;
}

/** The text with each card number's digits starred out, for places where a request's own words come back. */
export const withoutCardNumbers = (text: string): string => (holdsCardNumber(text) ? text.replace(/\d/g, '*') : text);

function runHoldsCardNumber(run: string): boolean {
  const groups = run.match(/\d+/g) ?? [];
  const total = groups.reduce((sum, group) => sum + group.length, 0);
  if (run.startsWith('+') && total <= LONGEST_PHONE) return false;
  for (let from = 0; from < groups.length; from += 1) {
    let digits = '';
    for (let to = from; to < groups.length && digits.length <= MAX_DIGITS; to += 1) {
      digits += groups[to];
      if (isCardNumber(digits)) return true;
    }
  }
  return false;
}

function isCardNumber(digits: string): boolean {
  if (digits.length < MIN_DIGITS || digits.length > MAX_DIGITS) return false;
  return (
    NETWORKS.some(({ prefix, lengths }) => lengths.has(digits.length) && prefix.test(digits)) && passesLuhn(digits)
  );
}

const isAscii = (text: string): boolean => !/[^\x00-\x7f]/.test(text);

/** The decimal digit blocks of Unicode each start at a code point whose digit is 0 and run in order. */
function asciiDigit(character: string): string {
  const point = character.codePointAt(0) as number;
  let zero = point;
  while (point - zero < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((point - zero) % 10);
}

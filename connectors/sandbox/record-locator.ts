import { hash } from 'node:crypto';

/** Letters and digits that cannot be taken for one another: no 0, O, 1, I or L. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
const LENGTH = 6;

/** Fragments no passenger should read out at a counter, in the alphabet above. */
const OFFENSIVE = [
  'ARSE',
  'ASS',
  'BASTARD',
  'CRAP',
  'CUM',
  'CUNT',
  'DAMN',
  'FAG',
  'FART',
  'FCK',
  'FUC',
  'FUK',
  'GAY',
  'HATE',
  'KKK',
  'NAZ',
  'NGR',
  'PUS',
  'RAPE',
  'SEX',
  'SHT',
  'SUCK',
  'TWAT',
  'WANK',
];

/**
 * A record locator for an order. The same order and attempt always make the same one; the caller raises `attempt` while the
 * locator is taken.
 */
export function recordLocator(orderId: string, attempt: number): string {
  for (let round = 0; ; round++) {
    const locator = fromDigest(hash('sha256', `${orderId}|${attempt}|${round}`, 'buffer'));
    if (!isOffensive(locator)) return locator;
  }
}

export function isOffensive(locator: string): boolean {
  return OFFENSIVE.some((fragment) => locator.includes(fragment));
}

function fromDigest(digest: Buffer): string {
  let rest = digest.readUIntBE(0, 6);
  let locator = '';
  for (let position = 0; position < LENGTH; position++) {
    locator += ALPHABET[rest % ALPHABET.length];
    rest = Math.floor(rest / ALPHABET.length);
  }
  return locator;
}

import { createHmac } from 'node:crypto';

const HEX_DIGITS = 32;

/**
 * A name for a value that tells nothing of it without the pepper: HMAC-SHA256, its first 32 hex digits (128 bits).
 * Equal values get equal names, so they can be counted and looked up.
 */
export function keyedHash(pepper: string, value: string): string {
  return createHmac('sha256', pepper).update(value, 'utf8').digest('hex').slice(0, HEX_DIGITS);
}

/** An e-mail address as it is hashed: without surrounding white space, in lower case. */
export function normaliseEmail(address: string): string {
  return address.trim().toLowerCase();
}

/** Keyed hash of an address, the same however it was typed. */
export function emailHash(pepper: string, address: string): string {
  return keyedHash(pepper, normaliseEmail(address));
}

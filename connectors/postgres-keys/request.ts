import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import type { DataKey } from '../../schemas/seal.ts';

/** A data key as stored: encrypted under the master key, bound to its customer and id. */
export interface KeyRow {
  keyId: string;
  customerId: string;
  /** nonce (12 bytes), encrypted key (32), tag (16). */
  wrapped: Buffer;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The master key for `wrap` and `unwrap`. Throws where it is not 32 bytes. */
export function masterKeyOf(bytes: Buffer): KeyObject {
  if (bytes.length !== KEY_BYTES) throw new Error(`the master key must have ${KEY_BYTES} bytes`);
  return createSecretKey(bytes);
}

/** A new key for the customer, wrapped. */
export function newKeyRow(customerId: string, masterKey: KeyObject): KeyRow {
  const keyId = randomUUID();
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, masterKey, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(placeOf(customerId, keyId));
  return {
    keyId,
    customerId,
    wrapped: Buffer.concat([nonce, cipher.update(randomBytes(KEY_BYTES)), cipher.final(), cipher.getAuthTag()]),
  };
}

/** The key of a row. Throws where the row was wrapped under another master key, or for another customer or id. */
export function unwrap({ keyId, customerId, wrapped }: KeyRow, masterKey: KeyObject): DataKey {
  try {
    const decipher = createDecipheriv(CIPHER, masterKey, wrapped.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(placeOf(customerId, keyId));
    decipher.setAuthTag(wrapped.subarray(-TAG_BYTES));
    const bytes = Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return { keyId, secret: createSecretKey(bytes) };
  } catch (cause) {
    throw new Error(`customer key ${keyId} does not open with this master key`, { cause });
  }
}

/** Lengths keep two different pairs from giving the same bytes. */
const placeOf = (customerId: string, keyId: string): Buffer => Buffer.from(JSON.stringify([customerId, keyId]));

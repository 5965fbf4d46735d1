import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

/** A 256-bit secret that seals the personal data of one customer. Destroying it makes all of them unreadable. */
export interface DataKey {
  /** Letters, digits, `-` and `_`; written in clear beside what it sealed. */
  keyId: string;
  /** Made with `createSecretKey`; it prints and serialises as nothing. */
  secret: KeyObject;
}

/** Where keys are found again; the keys port is one. */
export interface KeyRing {
  keyById(keyId: string): Promise<DataKey | undefined>;
}

export type UnreadableCode = 'malformed' | 'tampered' | 'key_forgotten';

/** Sealed data that cannot be opened, now or later. Its message holds no part of the data. */
export class Unreadable extends Error {
  override name = 'Unreadable';
  readonly code: UnreadableCode;
  constructor(code: UnreadableCode, options?: { cause?: unknown }) {
    super(`sealed data is unreadable: ${code}`, options);
    this.code = code;
  }
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ENVELOPE = /^v1\.([\w-]{1,64})\.([\w-]+)$/;

/**
 * Seals an object as `v1.<keyId>.<base64url(nonce|ciphertext|tag)>`, AES-256-GCM over its JSON. The nonce is random:
 * sealing twice gives two texts. `aad` names the place the data belong to (`<customerId>|contact`): they open nowhere
 * else.
 */
export function seal(value: object, key: DataKey, aad: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(aad));
  const parts = [nonce, cipher.update(JSON.stringify(value), 'utf8'), cipher.final(), cipher.getAuthTag()];
  return `v1.${key.keyId}.${Buffer.concat(parts).toString('base64url')}`;
}

/** Opens what `seal` made. Throws Unreadable; faults of the key ring pass through as they are. */
export async function unseal(sealed: string, keys: KeyRing, aad: string): Promise<object> {
  const [, keyId, text] = ENVELOPE.exec(sealed) ?? [];
  if (keyId === undefined || text === undefined) throw new Unreadable('malformed');
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length <= NONCE_BYTES + TAG_BYTES) throw new Unreadable('malformed');
  const key = await keys.keyById(keyId);
  if (!key) throw new Unreadable('key_forgotten');
  return parse(decipher(bytes, key.secret, aad));
}

function decipher(bytes: Buffer, secret: KeyObject, aad: string): Buffer {
  const decipher = createDecipheriv(CIPHER, secret, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new Unreadable('tampered', { cause });
  }
}

function parse(json: Buffer): object {
  let value: unknown;
  try {
    value = JSON.parse(json.toString('utf8'));
  } catch {
    throw new Unreadable('malformed');
  }
  if (typeof value !== 'object' || value === null) throw new Unreadable('malformed');
  return value;
}

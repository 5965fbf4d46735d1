import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DataKey, type KeyRing, seal, unseal, Unreadable } from '../../schemas/seal.ts';

const newKey = (keyId: string): DataKey => ({ keyId, secret: createSecretKey(randomBytes(32)) });
const ringOf = (...keys: DataKey[]): KeyRing => ({ keyById: async (keyId) => keys.find((key) => key.keyId === keyId) });
const key = newKey('k-1');
const aad = 'C-1001|contact';
const contact = { email: 'ada@example.com', phone: '+442071838750' };

async function codeOf(opening: Promise<object>): Promise<string> {
  try {
    await opening;
  } catch (error) {
    if (error instanceof Unreadable) return error.code;
    throw error;
  }
  return 'opened';
}

describe('sealing', () => {
  it('opens to what was sealed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })),
        fc.string({ unit: 'grapheme' }),
        async (value, place) => {
          expect(await unseal(seal(value, key, place), ringOf(key), place)).toEqual({ ...value });
        },
      ),
    );
  });

  it('shows the key id and nothing of the data', () => {
    const sealed = seal(contact, key, aad);
    expect(sealed).toMatch(/^v1\.k-1\.[\w-]+$/);
    const bytes = Buffer.from(sealed.split('.')[2]!, 'base64url');
    expect(bytes.length).toBe(12 + JSON.stringify(contact).length + 16);
    expect(bytes.includes('ada')).toBe(false);
  });

  it('never gives the same text twice', () => {
    const texts = Array.from({ length: 1_000 }, () => seal(contact, key, aad));
    expect(new Set(texts).size).toBe(1_000);
  });
});

describe('what cannot be opened', () => {
  it('refuses every changed byte', async () => {
    const [version, keyId, text] = seal(contact, key, aad).split('.');
    const bytes = Buffer.from(text!, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(await codeOf(unseal([version, keyId, changed.toString('base64url')].join('.'), ringOf(key), aad))).toBe(
        'tampered',
      );
    }
  });

  it('refuses another place, another key of the same id, and another customer', async () => {
    const sealed = seal(contact, key, aad);
    expect(await codeOf(unseal(sealed, ringOf(key), 'C-1001|identity'))).toBe('tampered');
    expect(await codeOf(unseal(sealed, ringOf(key), 'C-1002|contact'))).toBe('tampered');
    expect(await codeOf(unseal(sealed, ringOf(newKey('k-1')), aad))).toBe('tampered');
  });

  it('says when the key is forgotten', async () => {
    expect(await codeOf(unseal(seal(contact, key, aad), ringOf(newKey('k-2')), aad))).toBe('key_forgotten');
  });

  it.each([
    '',
    'v1',
    'v1.k-1',
    'v1.k-1.',
    'v2.k-1.AAAA',
    'v1.k-1.AAAA',
    'v1.k 1.AAAA',
    'v1.k-1.A+/=',
    `v1.${'k'.repeat(65)}.AAAA`,
  ])('takes %j for malformed', async (text) => {
    expect(await codeOf(unseal(text, ringOf(key), aad))).toBe('malformed');
  });

  it('refuses what is not an object', async () => {
    expect(await codeOf(unseal(seal('text' as unknown as object, key, aad), ringOf(key), aad))).toBe('malformed');
  });

  it('lets faults of the key ring through', async () => {
    const away: KeyRing = { keyById: () => Promise.reject(new Error('database away')) };
    await expect(unseal(seal(contact, key, aad), away, aad)).rejects.toThrow('database away');
  });

  it('tells nothing of the data in its message', async () => {
    const error: unknown = await unseal(seal(contact, key, aad), ringOf(newKey('k-1')), aad).catch(
      (fault: unknown) => fault,
    );
    expect(String(error)).toBe('Unreadable: sealed data is unreadable: tampered');
  });
});

import { describe, expect, it } from 'vitest';
import { emailHash, keyedHash, normaliseEmail } from '../../schemas/keyed-hash.ts';

describe('keyed hash', () => {
  it('is the start of HMAC-SHA256 in hex', () => {
    // RFC 4231, test case 2.
    expect(keyedHash('Jefe', 'what do ya want for nothing?')).toBe('5bdcc146bf60754e6a042426089575c7');
  });

  it('differs by pepper and by value', () => {
    const hashes = [keyedHash('pepper-1', 'a'), keyedHash('pepper-2', 'a'), keyedHash('pepper-1', 'b')];
    expect(new Set(hashes).size).toBe(3);
  });

  it('takes an address the same however it is typed', () => {
    expect(normaliseEmail('  Ada@Example.COM\n')).toBe('ada@example.com');
    expect(emailHash('pepper', ' Ada@Example.com')).toBe(emailHash('pepper', 'ada@example.com'));
    expect(emailHash('pepper', 'ada@example.com')).not.toBe(emailHash('pepper', 'ada@example.org'));
  });
});

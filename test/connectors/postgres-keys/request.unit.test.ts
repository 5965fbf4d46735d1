import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { masterKeyOf, newKeyRow, unwrap } from '../../../connectors/postgres-keys/request.ts';

const master = masterKeyOf(randomBytes(32));

describe('wrapped keys', () => {
  it('open to the same key every time, and hold it nowhere in clear', () => {
    const row = newKeyRow('C-1', master);
    const secret = unwrap(row, master).secret;
    expect(unwrap(row, master).secret.equals(secret)).toBe(true);
    expect(row.wrapped.length).toBe(12 + 32 + 16);
    expect(row.wrapped.includes(secret.export())).toBe(false);
  });

  it('are new every time', () => {
    const [one, other] = [newKeyRow('C-1', master), newKeyRow('C-1', master)];
    expect(one.keyId).not.toBe(other.keyId);
    expect(unwrap(one, master).secret.equals(unwrap(other, master).secret)).toBe(false);
  });

  it('open under no other master key, for no other customer or id, and not changed', () => {
    const row = newKeyRow('C-1', master);
    const changed = Buffer.from(row.wrapped);
    changed[20]! ^= 1;
    const wrong = [
      { ...row, customerId: 'C-2' },
      { ...row, keyId: newKeyRow('C-1', master).keyId },
      { ...row, wrapped: changed },
      { ...row, wrapped: Buffer.alloc(4) },
    ];
    for (const one of wrong) expect(() => unwrap(one, master)).toThrow('does not open with this master key');
    expect(() => unwrap(row, masterKeyOf(randomBytes(32)))).toThrow('does not open with this master key');
  });

  it('need a master key of 32 bytes', () => {
    expect(() => masterKeyOf(randomBytes(16))).toThrow('32 bytes');
  });
});

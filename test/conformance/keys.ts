import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyPort } from '../../connectors/ports/keys.ts';
import { seal, unseal } from '../../schemas/seal.ts';

export interface OpenedKeys {
  keys: KeyPort;
  /** A second client of the same store, as another process would have. */
  another(): Promise<KeyPort>;
  close(): Promise<void>;
}

/** What every KeyPort has to do. Customers are new in every test; the store need not be. */
export function keysConformance(implementation: string, open: () => Promise<OpenedKeys>): void {
  describe(`KeyPort conformance: ${implementation}`, () => {
    let opened: OpenedKeys;
    let keys: KeyPort;
    let customer: string;

    beforeEach(async () => {
      opened = await open();
      keys = opened.keys;
      customer = `C-${randomUUID()}`;
    });
    afterEach(() => opened.close());

    it('gives a customer one key, and every customer another', async () => {
      const [first, again] = [await keys.keyFor(customer), await keys.keyFor(customer)];
      const other = await keys.keyFor(`${customer}-other`);
      expect(again.keyId).toBe(first.keyId);
      expect(again.secret.equals(first.secret)).toBe(true);
      expect(other.keyId).not.toBe(first.keyId);
      expect(other.secret.equals(first.secret)).toBe(false);
      expect(first.secret.symmetricKeySize).toBe(32);
    });

    it('finds a key by its id, and nothing by an id that never was', async () => {
      const made = await keys.keyFor(customer);
      const found = await keys.keyById(made.keyId);
      expect(found?.secret.equals(made.secret)).toBe(true);
      expect(await keys.keyById(randomUUID())).toBeUndefined();
    });

    it('opens elsewhere what was sealed here', async () => {
      const sealed = seal({ email: 'ada@example.com' }, await keys.keyFor(customer), `${customer}|contact`);
      expect(await unseal(sealed, await opened.another(), `${customer}|contact`)).toEqual({ email: 'ada@example.com' });
    });

    it('forgets a customer for good: what was sealed stays unreadable under a new key', async () => {
      const old = await keys.keyFor(customer);
      const sealed = seal({ email: 'ada@example.com' }, old, `${customer}|contact`);
      await keys.forget(customer);
      await expect(unseal(sealed, keys, `${customer}|contact`)).rejects.toMatchObject({ code: 'key_forgotten' });
      const fresh = await keys.keyFor(customer);
      expect(fresh.keyId).not.toBe(old.keyId);
      expect(fresh.secret.equals(old.secret)).toBe(false);
      await expect(unseal(sealed, keys, `${customer}|contact`)).rejects.toMatchObject({ code: 'key_forgotten' });
    });

    it('forgets one customer and no other', async () => {
      const other = await keys.keyFor(`${customer}-other`);
      await keys.keyFor(customer);
      await keys.forget(customer);
      expect((await keys.keyById(other.keyId))?.keyId).toBe(other.keyId);
    });

    it('takes forgetting a customer who has no key, twice over', async () => {
      await keys.forget(customer);
      await keys.forget(customer);
      expect((await keys.keyFor(customer)).keyId).toEqual(expect.any(String));
    });

    it('gives all who ask at once the same key, whichever client they ask', async () => {
      const clients = await Promise.all([opened.another(), opened.another(), opened.another()]);
      const customers = Array.from({ length: 20 }, (_, at) => `${customer}-${at}`);
      const asked = await Promise.all(
        customers.flatMap((id, at) =>
          [keys, ...clients].map(async (_client, turn, all) => ({
            id,
            key: await all[(at + turn) % all.length]!.keyFor(id),
          })),
        ),
      );
      const idsOf = (id: string): Set<string> =>
        new Set(asked.filter((one) => one.id === id).map(({ key }) => key.keyId));
      expect(customers.map((id) => idsOf(id).size)).toEqual(customers.map(() => 1));
      for (const { key } of asked) expect((await keys.keyById(key.keyId))?.secret.equals(key.secret)).toBe(true);
    });
  });
}

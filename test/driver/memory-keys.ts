import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import type { KeyPort } from '../../connectors/ports/keys.ts';
import type { DataKey } from '../../schemas/seal.ts';

/** Keys of customers in memory, for tests. */
export function memoryKeys(): KeyPort {
  const byCustomer = new Map<string, DataKey>();
  const byId = new Map<string, DataKey>();
  return {
    async keyFor(customerId) {
      const known = byCustomer.get(customerId);
      if (known) return known;
      const key = { keyId: randomUUID(), secret: createSecretKey(randomBytes(32)) };
      byCustomer.set(customerId, key);
      byId.set(key.keyId, key);
      return key;
    },
    async keyById(keyId) {
      return byId.get(keyId);
    },
    async forget(customerId) {
      const key = byCustomer.get(customerId);
      if (key) byId.delete(key.keyId);
      byCustomer.delete(customerId);
    },
  };
}

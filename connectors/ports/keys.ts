import type { DataKey } from '../../schemas/seal.ts';

/** Data keys by customer. Forgetting a customer's keys makes all that was sealed with them unreadable for good. */
export interface KeyPort {
  /** The customer's current key, made when there is none. */
  keyFor(customerId: string): Promise<DataKey>;
  /** The key with that id; undefined once forgotten. */
  keyById(keyId: string): Promise<DataKey | undefined>;
  forget(customerId: string): Promise<void>;
}

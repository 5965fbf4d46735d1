import type { DataKey } from '../../schemas/seal.ts';
import type { KeyPort } from '../ports/keys.ts';
import { TransientFault } from '../ports/transient-fault.ts';
import { batched } from './batched.ts';
import { type KeyTable, openKeyTable } from './client.ts';
import { Recent } from './recent.ts';
import { type KeyRow, masterKeyOf, newKeyRow, unwrap } from './request.ts';

export interface PostgresKeysConfig {
  databaseUrl: string;
  /** 32 bytes, the same in every process. */
  masterKey: Buffer;
  /** Monotonic clock, ms. */
  clock?: () => number;
}

export interface PostgresKeys extends KeyPort {
  /** Fails where the database is away, or holds keys of another master key. */
  check(): Promise<void>;
  close(): Promise<void>;
}

const CACHE_SIZE = 10_000;
/** How long another process may still read what was sealed with a key that is forgotten here. */
const READ_TTL_MS = 60_000;
/** Shorter: what is sealed with a key that is already forgotten could never be read. */
const SEAL_TTL_MS = 5_000;

/**
 * Keys of customers in Postgres, encrypted under the master key. Makes its table where it is missing. Every call throws
 * TransientFault where the database does not answer.
 */
export async function openPostgresKeys({
  databaseUrl,
  masterKey,
  clock = () => performance.now(),
}: PostgresKeysConfig): Promise<PostgresKeys> {
  const master = masterKeyOf(masterKey);
  const table = openKeyTable(databaseUrl);
  const opened = new Recent<{ key: DataKey; customerId: string }>(CACHE_SIZE, READ_TTL_MS);
  const current = new Recent<{ key: DataKey; customerId: string }>(CACHE_SIZE, SEAL_TTL_MS);
  const rowFor = batched((customerIds) => ensure(table, customerIds, (customerId) => newKeyRow(customerId, master)));
  const rowById = batched(async (keyIds) => new Map((await table.byId(keyIds)).map((row) => [row.keyId, row])));
  /** Rises with every `forget`: a row read before must not come back into the cache after. */
  let forgotten = 0;

  async function load(
    find: Promise<KeyRow | undefined>,
    keep: (row: KeyRow, key: DataKey, readAt: number) => void,
  ): Promise<DataKey | undefined> {
    const readAt = clock();
    const before = forgotten;
    const row = await find;
    if (!row) return undefined;
    const key = unwrap(row, master);
    if (forgotten === before) keep(row, key, readAt);
    return key;
  }

  function dropLocally(customerId: string): void {
    forgotten += 1;
    opened.deleteWhere((entry) => entry.customerId === customerId);
    current.deleteWhere((entry) => entry.customerId === customerId);
  }

  async function check(): Promise<void> {
    const row = await table.sample();
    if (row) unwrap(row, master);
  }

  const keys: PostgresKeys = {
    async keyFor(customerId) {
      // Postgres takes neither, and would refuse the whole batch.
      if (customerId.includes('\0') || !customerId.isWellFormed()) throw new Error('not a customer id');
      const cached = current.get(customerId, clock());
      if (cached) return cached.key;
      const key = await load(rowFor(customerId), (row, made, readAt) => {
        current.put(customerId, { key: made, customerId }, readAt);
        opened.put(row.keyId, { key: made, customerId }, readAt);
      });
      if (!key) throw new TransientFault('the customer was forgotten while a key was made');
      return key;
    },
    async keyById(keyId) {
      const cached = opened.get(keyId, clock());
      if (cached) return cached.key;
      return load(rowById(keyId), (row, key, readAt) => opened.put(keyId, { key, customerId: row.customerId }, readAt));
    },
    async forget(customerId) {
      dropLocally(customerId);
      await table.delete(customerId);
      dropLocally(customerId);
    },
    check,
    close: () => table.close(),
  };

  try {
    await table.create();
    await check();
    return keys;
  } catch (error) {
    await table.close();
    throw error;
  }
}

/**
 * The rows of the customers, new ones inserted. Where two processes make a key at once, both read the one that was
 * stored.
 */
async function ensure(
  table: KeyTable,
  customerIds: string[],
  make: (customerId: string) => KeyRow,
): Promise<Map<string, KeyRow>> {
  const rows = await table.ensure(customerIds.map(make));
  const known = new Set(rows.map(({ customerId }) => customerId));
  const missing = customerIds.filter((customerId) => !known.has(customerId));
  if (missing.length > 0) rows.push(...(await table.byCustomer(missing)));
  return new Map(rows.map((row) => [row.customerId, row]));
}

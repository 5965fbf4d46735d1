import { isPassing } from '../postgres/faults.ts';
import { inTransaction, openPool } from '../postgres/pool.ts';
import { TransientFault } from '../ports/transient-fault.ts';
import type { KeyRow } from './request.ts';

/**
 * Statements on the table of wrapped keys. Each throws TransientFault where the database is away and may be asked
 * again.
 */
export interface KeyTable {
  create(): Promise<void>;
  byCustomer(customerIds: readonly string[]): Promise<KeyRow[]>;
  byId(keyIds: readonly string[]): Promise<KeyRow[]>;
  /**
   * The keys of the rows' customers: those they had before, and the given ones of customers without. A customer whose key another process
   * stores at the same time is left out.
   */
  ensure(rows: readonly KeyRow[]): Promise<KeyRow[]>;
  delete(customerId: string): Promise<void>;
  /** Any one key, or none. */
  sample(): Promise<KeyRow | undefined>;
  close(): Promise<void>;
}

/** Any constant will do, as long as nobody else locks it in the same database. */
const LOCK = 4_714_202;

/** Somebody waits at the other end of an HTTP request, or an order in its node. */
const ANSWER_WITHIN_MS = 4_000;

const CREATE = `
  CREATE TABLE IF NOT EXISTS customer_keys (
    key_id text PRIMARY KEY,
    customer_id text NOT NULL UNIQUE,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`;
const COLUMNS = 'key_id AS "keyId", customer_id AS "customerId", wrapped';
/** One round trip: most orders come from customers who are new, and each of them waits for this. */
const ENSURE = `
  WITH known AS (SELECT key_id, customer_id, wrapped FROM customer_keys WHERE customer_id = ANY($2)),
    made AS (
      INSERT INTO customer_keys (key_id, customer_id, wrapped)
      SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) AS given (key_id, customer_id, wrapped)
      WHERE given.customer_id NOT IN (SELECT customer_id FROM known)
      ON CONFLICT DO NOTHING
      RETURNING key_id, customer_id, wrapped
    )
  SELECT ${COLUMNS} FROM known UNION ALL SELECT ${COLUMNS} FROM made`;

export function openKeyTable(databaseUrl: string): KeyTable {
  const pool = openPool(databaseUrl, { name: 'iaros-keys', statementTimeoutMs: ANSWER_WITHIN_MS });
  const rows = async (where: string, parameters: unknown[] = []): Promise<KeyRow[]> =>
    (await passing(pool.query<KeyRow>(`SELECT ${COLUMNS} FROM customer_keys ${where}`, parameters))).rows;

  return {
    // Two processes creating the table at once would collide in the catalogue.
    create: () =>
      passing(
        inTransaction(pool, async (client) => {
          await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
          await client.query(CREATE);
        }),
      ),
    byCustomer: (customerIds) => rows('WHERE customer_id = ANY($1)', [customerIds]),
    byId: (keyIds) => rows('WHERE key_id = ANY($1)', [keyIds]),
    async ensure(keys) {
      // One order for all processes: they would deadlock on each other's customers otherwise.
      const sorted = [...keys].sort((one, other) => (one.customerId < other.customerId ? -1 : 1));
      const columns = [
        sorted.map(({ keyId }) => keyId),
        sorted.map(({ customerId }) => customerId),
        sorted.map(({ wrapped }) => wrapped),
      ];
      return (await passing(pool.query<KeyRow>({ name: 'ensure', text: ENSURE, values: columns }))).rows;
    },
    async delete(customerId) {
      await passing(pool.query('DELETE FROM customer_keys WHERE customer_id = $1', [customerId]));
    },
    sample: async () => (await rows('LIMIT 1'))[0],
    close: () => pool.end(),
  };
}

async function passing<Value>(call: Promise<Value>): Promise<Value> {
  try {
    return await call;
  } catch (cause) {
    if (isPassing(cause)) throw new TransientFault('the database of customer keys does not answer', { cause });
    throw cause;
  }
}

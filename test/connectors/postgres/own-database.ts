import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { migratePostgres } from '../../../connectors/postgres/migrate.ts';
import { openPool, type Pool } from '../../../connectors/postgres/pool.ts';

export interface OwnDatabase {
  url: string;
  pool: Pool;
  /** The single value of the single row. */
  value(sql: string, values?: unknown[]): Promise<unknown>;
  drop(): Promise<void>;
}

/** A database of the test's own beside the given one, migrated unless told otherwise. */
export async function ownDatabase(databaseUrl: string, { migrated = true } = {}): Promise<OwnDatabase> {
  const name = `test_${randomUUID().slice(0, 8)}`;
  await run(databaseUrl, `CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(databaseUrl), { pathname: `/${name}` }).href;
  if (migrated) await migratePostgres(url);
  const pool = openPool(url, { name: 'test' });
  return {
    url,
    pool,
    async value(sql, values) {
      const { rows } = await pool.query<Record<string, unknown>>(sql, values);
      return Object.values(rows[0] ?? {})[0];
    },
    async drop() {
      await pool.end();
      await run(databaseUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function run(databaseUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

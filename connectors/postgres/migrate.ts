import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';

const FOLDER = new URL('./migrations/', import.meta.url);
const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;
/** Any constant will do, as long as nobody else locks it in the same database. */
const LOCK = 4_714_201;

interface Migration {
  number: number;
  name: string;
}

/**
 * Brings the database to the newest schema: runs the numbered files that have not run yet, each in a transaction. Safe to call from several
 * processes at once (they queue on an advisory lock) and cheap when there is nothing to do.
 * @returns the names of the files that ran
 */
export async function migratePostgres(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'iaros-migrate' });
  await client.connect();
  try {
    const migrations = listMigrations();
    if ((await newestApplied(client)) >= (migrations.at(-1)?.number ?? 0)) return [];
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const applied = await newestApplied(client);
    const due = migrations.filter(({ number }) => number > applied);
    for (const migration of due) await apply(client, migration);
    return due.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

async function apply(client: pg.Client, { number, name }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(readFileSync(new URL(name, FOLDER), 'utf8'));
    await client.query('INSERT INTO schema_migrations (number, name) VALUES ($1, $2)', [number, name]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}

async function newestApplied(client: pg.Client): Promise<number> {
  const known = await client.query<{ known: boolean }>(`SELECT to_regclass('schema_migrations') IS NOT NULL AS known`);
  if (!known.rows[0]?.known) return 0;
  const newest = await client.query<{ number: number | null }>('SELECT max(number) AS number FROM schema_migrations');
  return newest.rows[0]?.number ?? 0;
}

function listMigrations(): Migration[] {
  return readdirSync(FOLDER).sort().map((name) => {
    const match = FILE_NAME.exec(name);
    if (!match) throw new Error(`connectors/postgres/migrations/${name} is not named <4 digits>-<words>.sql`);
    return { number: Number(match[1]), name };
  });
}

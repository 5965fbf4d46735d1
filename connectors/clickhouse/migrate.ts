import { readdirSync, readFileSync } from 'node:fs';
import { type ClickHouseClient, openClickHouse } from './client.ts';

const FOLDER = new URL('./migrations/', import.meta.url);
const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

/**
 * Brings the database to the newest schema: runs the numbered files that have not run yet. Every statement may run again, so two processes
 * at once, or a crash half way, do no harm. Cheap when there is nothing to do.
 * @returns the names of the files that ran
 */
export async function migrateClickHouse(clickhouseUrl: string): Promise<string[]> {
  const client = openClickHouse(clickhouseUrl, 'iaros-migrate');
  try {
    await client.command({
      query: `CREATE TABLE IF NOT EXISTS schema_migrations (number UInt32, name String, applied_at DateTime('UTC') DEFAULT now())
              ENGINE = ReplacingMergeTree ORDER BY number`,
    });
    const applied = await newestApplied(client);
    const due = listMigrations().filter(({ number }) => number > applied);
    for (const { number, name } of due) {
      for (const statement of statementsOf(readFileSync(new URL(name, FOLDER), 'utf8'))) await client.command({ query: statement });
      await client.insert({ table: 'schema_migrations', columns: ['number', 'name'], values: [[number, name]], format: 'JSONCompactEachRow' });
    }
    return due.map(({ name }) => name);
  } finally {
    await client.close();
  }
}

/** Statements end with a semicolon at the end of a line. */
export function statementsOf(sql: string): string[] {
  return sql.split(/;[ \t]*$/m).map((statement) => statement.replace(/^--.*$/gm, '').trim()).filter((statement) => statement !== '');
}

async function newestApplied(client: ClickHouseClient): Promise<number> {
  const result = await client.query({ query: 'SELECT max(number) AS number FROM schema_migrations', format: 'JSONEachRow' });
  const [row] = await result.json<{ number: number }>();
  return Number(row?.number ?? 0);
}

function listMigrations(): { number: number; name: string }[] {
  return readdirSync(FOLDER).sort().map((name) => {
    const match = FILE_NAME.exec(name);
    if (!match) throw new Error(`connectors/clickhouse/migrations/${name} is not named <4 digits>-<words>.sql`);
    return { number: Number(match[1]), name };
  });
}

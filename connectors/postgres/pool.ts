import pg from 'pg';

export type Pool = pg.Pool;
export type Client = pg.ClientBase;

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 60_000;

/** A pool that survives the server going away: broken connections are dropped, the next query opens a new one or throws. */
export function openPool(databaseUrl: string, options: { name: string; max?: number }): Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: options.name,
    max: options.max ?? 4,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on('error', () => {});
  return pool;
}

/** Runs `work` in one transaction; whatever it throws rolls back. A connection that cannot even roll back is closed. */
export async function inTransaction<Result>(pool: Pool, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  // Between two queries nobody else listens: a lost connection is an event then, and would end the process.
  const ignore = (): void => {};
  client.on('error', ignore);
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollback: Error) => { broken = rollback; });
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

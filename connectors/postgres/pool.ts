import pg from 'pg';

export type Pool = pg.Pool;
export type Client = pg.ClientBase;

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 15_000;
/** Of the server's answer beyond the time it may take for the statement: then the connection is dead, though nobody has closed it. */
const ANSWER_GRACE_MS = 1_000;

/**
 * Of the server's wait for the next statement of a transaction. A client behind a connection that died silently never sends it, and the server
 * would keep its locks until TCP gives up, which takes hours: whoever goes on in its place waits for them meanwhile.
 */
const IDLE_IN_TRANSACTION_MS = 10_000;

export interface PoolOptions {
  /** Names its connections to the server. */
  name: string;
  max?: number;
  /** Longest time a statement may take, ms; 15 s by default. */
  statementTimeoutMs?: number;
  /** Longest time between two statements of a transaction, ms: then the server ends it. 10 s by default. */
  idleInTransactionMs?: number;
}

/** A pool that survives the server going away: broken connections are dropped, the next query opens a new one or throws. */
export function openPool(databaseUrl: string, options: PoolOptions): Pool {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS, idleInTransactionMs = IDLE_IN_TRANSACTION_MS } = options;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: options.name,
    max: options.max ?? 4,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
    idle_in_transaction_session_timeout: idleInTransactionMs,
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
    if (isSilence(error)) broken = error;
    else await client.query('ROLLBACK').catch((rollback: Error) => { broken = rollback; });
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

/** The server has not answered in time: no use asking anything else on the same connection. The client has no other name for it. */
const isSilence = (error: unknown): error is Error => error instanceof Error && error.message === 'Query read timeout';

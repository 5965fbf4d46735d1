import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Session as ChdbSession } from 'chdb';

const require = createRequire(import.meta.url);

/** One statement with everything that holds for it alone. */
export interface Statement {
  sql: string;
  /** Used when the statement has no FORMAT clause. */
  format: string;
  database?: string;
  /** Setting names and values as given; query parameters carry the prefix `param_` and ClickHouse's escaped text as value. */
  settings: [name: string, value: string][];
}

export interface Outcome {
  bytes: Uint8Array;
  readRows: number;
  readBytes: number;
  elapsedNs: number;
}

/** What the engine said no to. `code` and `type` as in ClickHouse's error list: 62, SYNTAX_ERROR. */
export class EngineError extends Error {
  readonly code: number;
  readonly type: string;

  constructor(message: string) {
    super(message);
    this.code = Number(/Code: (\d+)/.exec(message)?.[1] ?? 1002);
    this.type = /\(([A-Z_0-9]+)\)\s*$/.exec(message)?.[1] ?? 'UNKNOWN_EXCEPTION';
  }
}

export interface Engine {
  readonly version: string;
  /** @param signal stops the statement on its way. */
  run(statement: Statement, signal?: AbortSignal): Promise<Outcome>;
  /** Waits for what is still running, then gives the data path up. */
  close(): Promise<void>;
}

const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const quoteName = (name: string) => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;

/**
 * Opens ClickHouse's engine on a data path, in this process. Each statement runs in a session of its own: its settings die with
 * the session, and a long query keeps nobody else waiting.
 */
export async function openEngine(path: string): Promise<Engine> {
  const { Session, drainPending } = require('chdb') as typeof import('chdb');
  // Holds the engine open: it would otherwise unload with the last session and load again with the next.
  const keeper = new Session(path);
  const version = (await runIn(keeper, 'SELECT version()', 'TSVRaw')).text().trim();
  return {
    version,
    async run(statement, signal) {
      const session = new Session(path);
      // The engine chooses query ids itself, so a statement to be stopped is found by a mark of ours.
      const mark = randomUUID();
      const kill = () => {
        runIn(keeper, `KILL QUERY WHERE Settings['log_comment'] = '${mark}' ASYNC`, 'Null').catch(() => {});
      };
      signal?.addEventListener('abort', kill, { once: true });
      try {
        return await runStatement(session, { ...statement, settings: [['log_comment', mark], ...statement.settings] });
      } finally {
        signal?.removeEventListener('abort', kill);
        session.close();
      }
    },
    async close() {
      await drainPending();
      keeper.close();
    },
  };
}

async function runStatement(session: ChdbSession, { sql, format, database, settings }: Statement): Promise<Outcome> {
  if (database) await runIn(session, `USE ${quoteName(database)}`, 'Null');
  const assignments = settings.map(([name, value]) => `${quoteName(name)} = ${quote(value)}`);
  if (assignments.length > 0) await runIn(session, `SET ${assignments.join(', ')}`, 'Null');
  const result = await runIn(session, sql, format);
  return {
    bytes: result.bytes(),
    readRows: result.rowsRead,
    readBytes: result.bytesRead,
    elapsedNs: Math.round(result.elapsed * 1e9),
  };
}

async function runIn(session: ChdbSession, sql: string, format: string) {
  try {
    return await session.queryAsync(sql, { format });
  } catch (error) {
    throw new EngineError((error as Error).message);
  }
}

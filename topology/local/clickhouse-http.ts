import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createBrotliDecompress, createGunzip, createInflate, gzip } from 'node:zlib';
import { type Engine, EngineError, type Outcome, type Statement } from './clickhouse-engine.ts';

/** Address parameters that steer the HTTP exchange; every other one is a setting of the statement. */
const EXCHANGE_PARAMETERS = new Set([
  ...['query', 'database', 'default_format', 'query_id', 'user', 'password', 'role', 'quota_key', 'stacktrace'],
  ...['session_id', 'session_timeout', 'session_check', 'compress', 'decompress', 'close_session', 'buffer_size'],
  ...['wait_end_of_query', 'enable_http_compression', 'http_zlib_compression_level', 'http_response_buffer_size'],
  ...['send_progress_in_http_headers', 'http_headers_progress_interval_ms', 'http_write_exception_in_output_format'],
  ...[
    'cancel_http_readonly_queries_on_client_close',
    'client_protocol_version',
    'http_receive_timeout',
    'http_send_timeout',
  ],
]);

const DEFAULT_FORMAT = 'TabSeparated';
const LARGEST_BODY = 512 * 1024 ** 2;
const STATUS_BY_TYPE: Record<string, number> = {
  ...{
    SYNTAX_ERROR: 400,
    UNKNOWN_SETTING: 400,
    UNKNOWN_QUERY_PARAMETER: 400,
    BAD_QUERY_PARAMETER: 400,
    UNKNOWN_FORMAT: 400,
  },
  ...{ UNKNOWN_TABLE: 404, UNKNOWN_DATABASE: 404, UNKNOWN_FUNCTION: 404, UNKNOWN_IDENTIFIER: 404 },
  ...{ TABLE_ALREADY_EXISTS: 500, ACCESS_DENIED: 403, READONLY: 403, TOO_LARGE: 413 },
};

/** ClickHouse's HTTP interface, as much of it as clients of a single local server use. The server is not listening yet. */
export function clickhouseHttp(engine: Engine): Server {
  return createServer((request, response) => {
    answer(engine, request, response).catch((error) => fail(response, error));
  });
}

async function answer(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (url.pathname === '/ping' || url.pathname === '/replicas_status') return void response.end('Ok.\n');
  if (url.pathname !== '/') return void response.writeHead(404).end(`There is no handle ${url.pathname}\n`);
  const queryId = url.searchParams.get('query_id') ?? randomUUID();
  response.setHeader('X-ClickHouse-Query-Id', queryId);
  response.setHeader('X-ClickHouse-Server-Display-Name', 'iaros-local');
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  const statement = toStatement(url, request.method ?? 'GET', await readBody(request));
  if (statement === undefined) return void response.end('Ok.\n');
  await send(request, response, url, statement, await engine.run(statement, goneAway(response, statement)));
}

/** Stops a query nobody waits for any more. What changes data runs to its end. */
function goneAway(response: ServerResponse, statement: Statement): AbortSignal | undefined {
  if (!/^\s*(SELECT|WITH|EXPLAIN)\b/i.test(statement.sql)) return undefined;
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** The statement a request stands for; undefined when it inserts nothing. @throws EngineError when there is none. */
export function toStatement(url: URL, method: string, body: string): Statement | undefined {
  const parameters = url.searchParams;
  if (parameters.has('session_id'))
    throw new EngineError('Code: 48. DB::Exception: Sessions are not supported. (NOT_IMPLEMENTED)');
  const query = parameters.get('query') ?? '';
  const inserts = /^\s*INSERT\b/i.test(query);
  if (inserts && body.trim() === '' && /\bFORMAT\s+\w+\s*$/i.test(query)) return undefined;
  const sql = query && body ? `${query}\n${body}` : query || body;
  if (sql.trim() === '') throw new EngineError('Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)');
  const settings = [...parameters].filter(([name]) => !EXCHANGE_PARAMETERS.has(name));
  // As in ClickHouse: a GET may be repeated by anyone on the way, so it may not change anything.
  if (method === 'GET' || method === 'HEAD') settings.push(['readonly', '2']);
  const database = parameters.get('database') ?? '';
  return { sql, settings, format: parameters.get('default_format') ?? DEFAULT_FORMAT, ...(database && { database }) };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded(request)) {
    size += chunk.length;
    if (size > LARGEST_BODY)
      throw new EngineError('Code: 307. DB::Exception: The body is larger than 512 MiB. (TOO_LARGE)');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function decoded(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const decoders: Record<string, () => NodeJS.ReadWriteStream> = {
    gzip: createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
  };
  const decoder = decoders[encoding];
  if (encoding === 'identity') return request;
  if (!decoder)
    throw new EngineError(`Code: 48. DB::Exception: Unknown content encoding ${encoding}. (NOT_IMPLEMENTED)`);
  const stream = decoder();
  request.on('error', (error) => (stream as unknown as Readable).destroy(error));
  return request.pipe(stream) as unknown as Readable;
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  statement: Statement,
  outcome: Outcome,
): Promise<void> {
  const summary = {
    read_rows: outcome.readRows,
    read_bytes: outcome.readBytes,
    written_rows: 0,
    written_bytes: 0,
    total_rows_to_read: 0,
    result_rows: 0,
    result_bytes: outcome.bytes.length,
    elapsed_ns: outcome.elapsedNs,
  };
  const texts = Object.entries(summary).map(([name, value]) => [name, String(value)]);
  response.setHeader('X-ClickHouse-Summary', JSON.stringify(Object.fromEntries(texts)));
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  const format = /\bFORMAT\s+(\w+)[\s;]*$/i.exec(statement.sql)?.[1] ?? statement.format;
  response.setHeader('X-ClickHouse-Format', format);
  const packs =
    url.searchParams.get('enable_http_compression') === '1' &&
    /\bgzip\b/.test(String(request.headers['accept-encoding']));
  if (packs) response.setHeader('Content-Encoding', 'gzip');
  response.end(packs ? await promisify(gzip)(outcome.bytes) : outcome.bytes);
}

function fail(response: ServerResponse, error: unknown): void {
  const refusal =
    error instanceof EngineError
      ? error
      : new EngineError(`Code: 1002. DB::Exception: ${(error as Error).message}. (UNKNOWN_EXCEPTION)`);
  if (response.headersSent) return void response.destroy();
  response.writeHead(STATUS_BY_TYPE[refusal.type] ?? 500, {
    'X-ClickHouse-Exception-Code': String(refusal.code),
    'Content-Type': 'text/plain; charset=UTF-8',
  });
  response.end(`${refusal.message.trim()}\n`);
}

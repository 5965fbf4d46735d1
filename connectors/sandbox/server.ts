import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gatherWrites } from '../http/gather-writes.ts';
import { whenItsTurn } from '../http/whose-turn.ts';
import { refusal, type SandboxAnswer, type SandboxRequest } from './answer.ts';
import type { Sandbox } from './sandbox.ts';

const MAX_BODY_BYTES = 256 * 1024;
/** Longer than clients keep idle connections, so that it is they who close them and no call meets a closing connection. */
const KEEP_ALIVE_MS = 75_000;

const TOO_LARGE = refusal(413, 'body_too_large', `A body has at most ${MAX_BODY_BYTES} bytes.`);
const MALFORMED_JSON = refusal(400, 'malformed_json', 'The body is not JSON.');
const MALFORMED_PATH = refusal(400, 'malformed_path', 'The path is not well formed.');
const INTERNAL_ERROR = refusal(500, 'internal_error', 'Something went wrong here.');

/** HTTP in front of the sandbox: JSON in, JSON out. Not listening yet. `onError` hears of faults in the sandbox itself. */
export function sandboxServer(sandbox: Sandbox, onError: (error: unknown) => void): Server {
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    message.on('end', () => {
      const request = size > MAX_BODY_BYTES ? TOO_LARGE : parse(message, chunks);
      if (request === 'connection_lost' || 'status' in request) return send(server, response, request);
      sandbox.handle(request).then(
        (given) => send(server, response, given),
        (error: unknown) => {
          onError(error);
          send(server, response, INTERNAL_ERROR);
        },
      );
    });
  });
  server.on('connection', gatherWrites);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

/** The request as the sandbox takes it, or the refusal of it. */
function parse(message: IncomingMessage, chunks: Buffer[]): SandboxRequest | SandboxAnswer {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const path = segments(mark < 0 ? url : url.slice(0, mark));
  if (!path) return MALFORMED_PATH;
  const key = message.headers['idempotency-key'];
  const request = {
    method: message.method ?? 'GET',
    path,
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    idempotencyKey: typeof key === 'string' ? key : undefined,
  };
  if (chunks.length === 0) return { ...request, body: undefined };
  try {
    const text = (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString();
    return { ...request, body: JSON.parse(text) as unknown };
  } catch {
    return MALFORMED_JSON;
  }
}

function segments(path: string): string[] | undefined {
  const raw = path.slice(1).split('/');
  if (!path.includes('%')) return raw;
  try {
    return raw.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function send(server: Server, response: ServerResponse, given: SandboxAnswer): void {
  if (given === 'connection_lost') {
    whenItsTurn(response, (socket) => socket.destroySoon());
    return;
  }
  const body = JSON.stringify(given.body);
  const headers: Record<string, string | number> = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  if (!server.listening) headers['connection'] = 'close';
  if (given.retryAfterMs !== undefined) {
    headers['retry-after'] = Math.ceil(given.retryAfterMs / 1000);
    headers['retry-after-ms'] = given.retryAfterMs;
  }
  response.writeHead(given.status, headers).end(body);
}

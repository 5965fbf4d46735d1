import { Pool, errors } from 'undici';
import { TransientFault } from '../ports/transient-fault.ts';
import type { Exchange, HttpAnswer, HttpRequest } from './exchange.ts';
import { retryAfter } from './retry-after.ts';

export interface ExchangeOptions {
  /** Origin of the other side; a path in it is put before every request's. */
  url: string;
  /** For connecting, for the first byte of an answer, and between two pieces of it. */
  timeoutMs: number;
  connections?: number;
  /** Larger answers are refused unread. */
  maxAnswerBytes?: number;
}

const CONNECTIONS = 32;
const MAX_ANSWER_BYTES = 256 * 1024;
const IDLE_MS = 30_000;

/** Opens kept-alive connections on first use. A request is sent once: repeating it is for the caller to decide. */
export function openExchange(options: ExchangeOptions): { exchange: Exchange; close(): Promise<void> } {
  const { url, timeoutMs, connections = CONNECTIONS, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
  const { origin, pathname } = new URL(url);
  const prefix = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, {
    connections,
    connectTimeout: timeoutMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: IDLE_MS,
    maxResponseSize: maxAnswerBytes,
  });

  const exchange: Exchange = async (request) => {
    try {
      const { statusCode, headers, body } = await pool.request({
        method: request.method,
        path: prefix + request.path,
        headers: headersOf(request),
        body: request.body === undefined ? null : JSON.stringify(request.body),
      });
      return answerOf(statusCode, headers, await body.text());
    } catch (error) {
      throw faultOf(error, request);
    }
  };
  return { exchange, close: () => pool.destroy() };
}

function headersOf({ idempotencyKey, body }: HttpRequest): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  if (body !== undefined) headers['content-type'] = 'application/json';
  return headers;
}

function answerOf(status: number, headers: Record<string, string | string[] | undefined>, text: string): HttpAnswer {
  const retryAfterMs = retryAfter(headers, Date.now());
  try {
    return { status, body: JSON.parse(text) as unknown, retryAfterMs };
  } catch {
    return { status, body: undefined, retryAfterMs };
  }
}

/** A request that could not even be made is a mistake of ours; after that, nobody knows what the other side did. */
function faultOf(error: unknown, { method, path }: HttpRequest): Error {
  if (error instanceof errors.InvalidArgumentError) return error;
  const code = (error as { code?: unknown }).code;
  return new TransientFault(`${method} ${path.split('?', 1)[0]}: no answer (${code ?? (error as Error).name})`, {
    cause: error,
  });
}

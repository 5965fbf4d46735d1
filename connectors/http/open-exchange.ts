import { buildConnector, errors, Pool } from 'undici';
import { TransientFault } from '../ports/transient-fault.ts';
import { collectAnswer, type RawAnswer } from './collect-answer.ts';
import type { Exchange, HttpAnswer, HttpRequest } from './exchange.ts';
import { gatherWrites } from './gather-writes.ts';
import { retryAfter } from './retry-after.ts';

export interface ExchangeOptions {
  /** Origin of the other side; a path in it is put before every request's. */
  url: string;
  /** For connecting, for the first byte of an answer, and between two pieces of it. */
  timeoutMs: number;
  connections?: number;
  /**
   * Requests under way on one connection. With more than one an answer waits for those asked for before it, and a request whose turn had
   * not come when a connection broke is sent again on the next: only for a side that knows repeats by their keys.
   */
  pipelining?: number;
  /** Larger answers are refused unread. */
  maxAnswerBytes?: number;
}

const CONNECTIONS = 32;
const MAX_ANSWER_BYTES = 256 * 1024;
const IDLE_MS = 30_000;

/** Opens kept-alive connections on first use. A request that met a fault is not repeated: that is for the caller to decide. */
export function openExchange(options: ExchangeOptions): { exchange: Exchange; close(): Promise<void> } {
  const { url, timeoutMs, connections = CONNECTIONS, pipelining = 1, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
  const { origin, pathname } = new URL(url);
  const prefix = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, {
    connections,
    pipelining,
    connect: gatheringConnector(timeoutMs),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: IDLE_MS,
    maxResponseSize: maxAnswerBytes,
  });
  const mayFollow = pipelining > 1 ? { idempotent: true, blocking: false } : {};

  const exchange: Exchange = async (request) => {
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    const sent = { method: request.method, path: prefix + request.path, headers: headersOf(request), body, ...mayFollow };
    try {
      return answerOf(await collectAnswer((handler) => pool.dispatch(sent, handler)));
    } catch (error) {
      throw faultOf(error, request);
    }
  };
  return { exchange, close: () => pool.destroy() };
}

function gatheringConnector(timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout });
  return (options, callback) =>
    connect(options, (...outcome) => {
      if (outcome[1]) gatherWrites(outcome[1]);
      callback(...outcome);
    });
}

function headersOf({ idempotencyKey, body }: HttpRequest): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  if (body !== undefined) headers['content-type'] = 'application/json';
  return headers;
}

function answerOf({ status, headers, text }: RawAnswer): HttpAnswer {
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

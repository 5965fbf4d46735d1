import { TransientFault } from '../ports/transient-fault.ts';
import type { HttpAnswer } from './exchange.ts';

/** Statuses below 500 after which the same call may succeed: timeout, call in flight, too early, too many calls. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/**
 * The error for an answer that is neither a plain yes nor a plain no. A 4xx that can never succeed is an Error naming the code;
 * everything else may be tried again.
 */
export function faultOf(system: string, { status, body, retryAfterMs }: HttpAnswer): Error {
  const code = codeOf(body);
  const reason = `${system} answered ${status}${code === undefined ? '' : ` ${code}`}`;
  if (status >= 400 && status < 500 && !PASSING.has(status)) return new Error(reason);
  return new TransientFault(reason, { retryAfterMs });
}

/** The machine-readable code of a refusal, `{error: {code}}`; undefined where there is none in the expected form. */
export function codeOf(body: unknown): string | undefined {
  const error = (body as { error?: { code?: unknown } } | null | undefined)?.error;
  const code = error?.code;
  return typeof code === 'string' && /^[a-z0-9_]{1,64}$/.test(code) ? code : undefined;
}

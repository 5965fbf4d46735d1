import type { ZodError } from 'zod';

/** A request to a simulated company, freed of HTTP. */
export interface SandboxRequest {
  method: string;
  /** Decoded segments of the path. */
  path: readonly string[];
  query: URLSearchParams;
  idempotencyKey: string | undefined;
  /** Parsed JSON; undefined where there was no body. */
  body: unknown;
}

/** What the caller gets to see; 'connection_lost' closes the connection without an answer. */
export type SandboxAnswer = { status: number; body: object; retryAfterMs?: number } | 'connection_lost';

export function answer(status: number, body: object): SandboxAnswer {
  return { status, body };
}

/** A refusal: `code` is machine-readable, `detail` a sentence without personal data. */
export function refusal(status: number, code: string, detail: string): SandboxAnswer {
  return { status, body: { error: { code, detail } } };
}

/** 400 with the names of the faulty fields, never their values. */
export function invalidBody(error: ZodError): SandboxAnswer {
  const fields = error.issues.map((issue) => issue.path.join('.') || 'body');
  return refusal(400, 'invalid_body', `Not acceptable: ${fields.join(', ')}.`);
}

export const NOT_FOUND = refusal(404, 'not_found', 'There is nothing at this address.');

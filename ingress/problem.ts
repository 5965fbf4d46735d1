import { TransientFault } from '../connectors/ports/transient-fault.ts';

/**
 * What can go wrong, by code: the one list behind problem bodies, the OpenAPI document and the pages that `type` points
 * at.
 */
export const PROBLEMS = {
  malformed_json: {
    status: 400,
    title: 'The body is not JSON',
    retryable: false,
    meaning: 'The body could not be read as one JSON value in UTF-8.',
  },
  invalid_order: {
    status: 400,
    title: 'The order is not valid',
    retryable: false,
    meaning: '`errors` lists every fault found, each with a JSON Pointer into the body.',
  },
  invalid_request: {
    status: 400,
    title: 'The request is not valid',
    retryable: false,
    meaning: '`errors` lists every fault; a pointer names a field of the body or a parameter.',
  },
  pan_not_accepted: {
    status: 400,
    title: 'Card numbers are not accepted',
    retryable: false,
    meaning: "The body contains what looks like a card number. Send the payment processor's token instead.",
  },
  not_found: { status: 404, title: 'Not found', retryable: false, meaning: 'No such path.' },
  order_not_found: { status: 404, title: 'Order not found', retryable: false, meaning: 'No order has this id.' },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    retryable: false,
    meaning: 'The path exists, with the methods named in `Allow`.',
  },
  request_in_flight: {
    status: 409,
    title: 'The first request is still running',
    retryable: true,
    meaning: 'A request with the same Idempotency-Key has not been answered yet.',
  },
  not_cancellable: {
    status: 409,
    title: 'The order cannot be cancelled any more',
    retryable: false,
    meaning: 'The order has ended, or is ending already.',
  },
  refund_window_closed: {
    status: 409,
    title: 'The refund window has closed',
    retryable: false,
    meaning: 'The order was fulfilled too long ago to be cancelled.',
  },
  no_open_challenge: {
    status: 409,
    title: 'The payment awaits no authentication',
    retryable: false,
    meaning: 'Only an order in status PaymentPending takes a challenge result.',
  },
  stale_version: {
    status: 412,
    title: 'The order has changed',
    retryable: false,
    meaning: 'If-Match names another version than the order has now. Read it again.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    retryable: false,
    meaning: 'A body may have up to 256 KB.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Only JSON is accepted',
    retryable: false,
    meaning: 'Send `Content-Type: application/json`, in UTF-8, unencoded or with gzip, deflate or br.',
  },
  key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used with another body',
    retryable: false,
    meaning: 'A key belongs to the body it was first sent with, for 24 hours.',
  },
  overloaded: {
    status: 429,
    title: 'Too many orders at once',
    retryable: true,
    meaning: 'As many orders are being processed as the settings allow. Retry after the time named in `Retry-After`.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side',
    retryable: true,
    meaning: 'An unexpected fault; it has been logged under the request id.',
  },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    retryable: true,
    meaning:
      'A part the request needs cannot be reached. Nothing was accepted, or repeating it with the same Idempotency-Key is safe.',
  },
  too_many_streams: {
    status: 503,
    title: 'Too many live streams',
    retryable: true,
    meaning: 'This process serves as many event streams as it may.',
  },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean; meaning: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/**
 * One fault of a request. `pointer` is a JSON Pointer into the body, or `/query/<name>`, `/headers/<name>`. Never holds
 * what was sent.
 */
export interface RequestFault {
  pointer: string;
  code: string;
  detail: string;
}

/** Thrown by routes; the app answers it as `application/problem+json`. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: readonly RequestFault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    options: {
      errors?: readonly RequestFault[];
      headers?: Record<string, string>;
      retryAfterSeconds?: number;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.errors = options.errors ?? [];
    const seconds = options.retryAfterSeconds;
    this.headers = {
      ...options.headers,
      ...(seconds !== undefined && { 'Retry-After': String(Math.max(1, Math.ceil(seconds))) }),
    };
  }
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ProblemCode;
  requestId: string;
  retryable: boolean;
  errors: readonly RequestFault[];
}

export const PROBLEM_PAGES = '/api/docs/problems';

export function problemBody(problem: Problem, instance: string, requestId: string): ProblemBody {
  const { status, title, retryable } = PROBLEMS[problem.code];
  return {
    type: `${PROBLEM_PAGES}/${problem.code}`,
    title,
    status,
    detail: problem.message,
    instance,
    code: problem.code,
    requestId,
    retryable,
    errors: problem.errors,
  };
}

/** Any thrown value as a Problem. Its own words never reach the client unless it is one already. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TransientFault) {
    return new Problem('unavailable', 'A part this request needs does not answer.', {
      retryAfterSeconds: (error.retryAfterMs ?? 1_000) / 1_000,
      cause: error,
    });
  }
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  if (status === 413) return new Problem('body_too_large', 'The body has more than 256 KB.', { cause: error });
  if (status === 415)
    return new Problem('unsupported_media_type', 'The body is in an encoding that is not supported.', { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem('invalid_request', 'The request could not be read.', { cause: error });
  }
  return new Problem('internal', 'The request could not be completed. Quote the request id when you report this.', {
    cause: error,
  });
}

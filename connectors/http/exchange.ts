/** A call to an outside company. `path` is already encoded. */
export interface HttpRequest {
  method: 'GET' | 'POST';
  path: string;
  idempotencyKey?: string;
  /** Sent as JSON. */
  body?: object;
}

export interface HttpAnswer {
  status: number;
  /** Parsed JSON; undefined where the answer was not JSON. */
  body: unknown;
  /** How long to wait before the next call, where the other side said so. */
  retryAfterMs?: number;
}

/** Carries a request to the other side and its answer back. Throws TransientFault where no whole answer came. */
export type Exchange = (request: HttpRequest) => Promise<HttpAnswer>;

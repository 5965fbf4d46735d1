/** What a route answers, as a value. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Sent as JSON; a Buffer or string is sent as it is; undefined for no body. */
  body?: unknown;
  /** Default application/json. */
  contentType?: string;
}

export const answer = (status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers,
  body,
});

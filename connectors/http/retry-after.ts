/**
 * How many ms to wait before the next call, by the headers of an answer: `retry-after-ms`, or `retry-after` in seconds or as a date.
 * Undefined where neither says so plainly. `now` in ms.
 */
export function retryAfter(headers: Record<string, string | string[] | undefined>, now: number): number | undefined {
  const exact = wholeNumber(headers['retry-after-ms']);
  if (exact !== undefined) return exact;
  const header = headers['retry-after'];
  const seconds = wholeNumber(header);
  if (seconds !== undefined) return seconds * 1000;
  const date = typeof header === 'string' ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function wholeNumber(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}

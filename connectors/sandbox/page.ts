import { answer, refusal, type SandboxAnswer } from './answer.ts';

const DEFAULT_LIMIT = 1_000;
const MAX_LIMIT = 10_000;

/**
 * A page of rows numbered by `seq`: `after` (default 0) and `limit` from the query, `read` to fetch, under the name `of`. `nextAfter` is to be sent as
 * `after` for the page that follows; it is null once there was less than a full page.
 */
export function page<Row extends { seq: number }>(
  of: string,
  query: URLSearchParams,
  read: (after: number, limit: number) => Row[],
): SandboxAnswer {
  const after = wholeNumber(query.get('after'), 0);
  const limit = wholeNumber(query.get('limit'), DEFAULT_LIMIT);
  if (after === undefined || limit === undefined || limit < 1 || limit > MAX_LIMIT) {
    return refusal(400, 'invalid_page', `after must be 0 or more, limit 1 to ${MAX_LIMIT}.`);
  }
  const rows = read(after, limit);
  return answer(200, { [of]: rows, nextAfter: rows.length < limit ? null : rows.at(-1)!.seq });
}

function wholeNumber(text: string | null, fallback: number): number | undefined {
  if (text === null) return fallback;
  const number = Number(text);
  return text !== '' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

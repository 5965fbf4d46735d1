/** What the header fields of a look-up say, as far as it matters. */
export interface LookupFields {
  ifNoneMatch: string | undefined;
  requestId: string | undefined;
}

const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?[ \t]*$/;
/** Fields that change how a request is read, or what its answer is, in ways a plain look-up has no part in. */
const NOT_PLAIN = new Set([
  'content-length', 'transfer-encoding', 'expect', 'upgrade', 'te', 'trailer', 'range', 'if-match', 'if-range', 'if-modified-since', 'if-unmodified-since',
]);

/**
 * Reads the header fields of an HTTP/1.1 request without a body, the lines between the request line and the empty line. Null for all that
 * is not plain and flawless: that is for the full HTTP parser to judge.
 */
export function readFields(lines: string): LookupFields | null {
  const fields = new Map<string, string>();
  for (const line of lines.split('\r\n')) {
    const [, name, value = ''] = FIELD.exec(line) ?? [];
    const lowerCase = name?.toLowerCase();
    if (lowerCase === undefined || NOT_PLAIN.has(lowerCase) || fields.has(lowerCase)) return null;
    fields.set(lowerCase, value);
  }
  const connection = fields.get('connection') ?? 'keep-alive';
  if (!fields.get('host') || connection.toLowerCase() !== 'keep-alive') return null;
  return { ifNoneMatch: fields.get('if-none-match'), requestId: fields.get('x-request-id') };
}

import { type DestinationStream, type Logger, pino } from 'pino';

/** Names under which personal data, secrets or whole orders could come into a log line, in lower case. */
const WITHHELD: ReadonlySet<string> = new Set([
  'contact',
  'identity',
  'email',
  'phone',
  'givenname',
  'familyname',
  'dateofbirth',
  'document',
  'to',
  'token',
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'secret',
  'masterkey',
  'pepper',
  'devkey',
  'idempotency-key',
  'order',
  'place',
  'customer',
  'passengers',
  'payment',
  'body',
]);
const REPLACEMENT = '[withheld]';
const CREDENTIALS = /(?<=:\/\/)[^/@\s]+@/g;
const MAX_DEPTH = 6;

/**
 * JSON lines on standard output, ISO times in UTC, `service` on each. What is personal or secret is withheld by its
 * name, however deep it lies; credentials are cut out of addresses. `err` is written as type, message, code and stack,
 * nothing else an error may carry.
 */
export function createLog(name: string, level: string = 'info', destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: name },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: (described: unknown) => described },
    formatters: { level: (label: string) => ({ level: label }), log: withholdFields },
  };
  // A buffered destination tries for ever to write its rest at exit once the reader of the log is gone.
  const log = pino(options, destination ?? pino.destination({ fd: 1, sync: true }));
  // pino's formatters see the fields of a line only; what a child carries along is looked at when it is made.
  const { child } = log;
  log.child = function (this: Logger, bindings, ...rest) {
    return child.call(this, withholdFields(bindings), ...rest);
  } as typeof child;
  return log;
}

export type Log = Logger;

const withholdFields = (fields: Record<string, unknown>): Record<string, unknown> =>
  withhold(fields) as Record<string, unknown>;

function withhold(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.replace(CREDENTIALS, '');
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describe(value, depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (depth >= MAX_DEPTH) return REPLACEMENT;
  if (Array.isArray(value)) return value.map((item) => withhold(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      WITHHELD.has(name.toLowerCase()) ? REPLACEMENT : withhold(inner, depth + 1),
    ]),
  );
}

function describe(error: Error, depth: number): object {
  const { code } = error as { code?: unknown };
  const text = (part: string | undefined): unknown => withhold(part ?? '', depth);
  const cause = error.cause instanceof Error && depth < MAX_DEPTH ? describe(error.cause, depth + 1) : undefined;
  return {
    type: error.name,
    message: text(error.message),
    ...(code === undefined ? {} : { code }),
    stack: text(error.stack),
    ...(cause ? { cause } : {}),
  };
}

const WARN = 40;
const BY_NAME: Record<string, number> = { trace: 10, debug: 20, info: 30, warn: WARN, error: 50, fatal: 60 };
const SHORT = 300;

/** What a person at the console should see of one line of a worker's log; undefined for what can wait in the file. */
export function consoleLine(worker: string, line: string): string | undefined {
  const entry = parse(line);
  // A line that is no log entry was printed by Node: of a stack trace, the line that names the error is enough.
  if (!entry)
    return /error|warning/i.test(line) && !/^\s/.test(line) ? `${worker}: ${line.slice(0, SHORT)}` : undefined;
  const level = typeof entry.level === 'number' ? entry.level : BY_NAME[entry.level ?? 'info'];
  if (level === undefined || level < WARN) return undefined;
  const name = Object.keys(BY_NAME).findLast((each) => (BY_NAME[each] as number) <= level);
  const cause = entry.err?.message ?? entry.reason;
  return `${worker}: ${name} ${entry.msg ?? ''}${cause ? ` (${cause})` : ''}`.slice(0, SHORT);
}

interface Entry {
  level?: string | number;
  msg?: string;
  reason?: string;
  err?: { message?: string };
}

function parse(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}

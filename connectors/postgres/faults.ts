/** SQLSTATE classes of data that no retry makes acceptable: data exception, integrity violation, program limit. */
const REFUSED_CLASSES = new Set(['22', '23', '54']);

/** Connection, rollback by the server, out of resources, object in use, operator intervention, system error. */
const PASSING_CLASSES = new Set(['08', '25', '40', '53', '55', '57', '58', 'XX']);

const SQLSTATE = /^[0-9A-Z]{5}$/;

function sqlStateOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && SQLSTATE.test(code) && 'severity' in (error as object) ? code : undefined;
}

/** The server refused the data itself. */
export function isRefusal(error: unknown): boolean {
  return REFUSED_CLASSES.has(sqlStateOf(error)?.slice(0, 2) ?? '');
}

/** The same call may work later: the server is away, overloaded or starting, or chose this transaction to break a deadlock. */
export function isPassing(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== undefined) return PASSING_CLASSES.has(state.slice(0, 2));
  return error instanceof Error && !(error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError);
}

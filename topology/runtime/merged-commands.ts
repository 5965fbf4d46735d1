import type { FencedCommand } from './rebuild-lock.ts';

/** Arguments of one command: Lua cannot spread many thousands. */
const MOST_ARGUMENTS = 2_000;
const ADDING = new Set(['HSET', 'ZADD']);

type Argument = string | number | Buffer;

/**
 * The same writes in fewer commands: what is added to one hash or sorted set is added at once, and a key's life is set once. For writes
 * that add and set lives only, none of which takes back another.
 */
export function mergedCommands(commands: readonly FencedCommand[]): FencedCommand[] {
  const merged: Argument[][] = [];
  const open = new Map<string, Argument[]>();
  for (const [verb, key, ...args] of commands) {
    const place = `${verb} ${key}`;
    const earlier = open.get(place);
    if (earlier && !ADDING.has(verb)) continue;
    if (earlier && earlier.length + args.length <= MOST_ARGUMENTS) earlier.push(...args);
    else {
      const begun = [verb, key, ...args];
      open.set(place, begun);
      merged.push(begun);
    }
  }
  return merged as unknown as FencedCommand[];
}

import type { FencedCommand } from './rebuild-lock.ts';

/** Arguments of one command: Lua cannot spread many thousands. */
const MOST_ARGUMENTS = 2_000;
type Argument = string | number | Buffer;

/**
 * The same writes in fewer commands: what is added to one hash or sorted set is added at once, and a key's life is set once. For writes
 * that add and set lives only, none of which takes back another.
 */
export function mergedCommands(commands: readonly FencedCommand[]): FencedCommand[] {
  const merged: FencedCommand[] = [];
  const added = { HSET: new Map<string, Place>(), ZADD: new Map<string, Place>() };
  const lives = new Set<string>();
  for (const command of commands) {
    const [verb, key] = command;
    if (verb === 'HSET' || verb === 'ZADD') add(merged, added[verb], command);
    else if (verb !== 'PEXPIRE' || !lives.has(key)) merged.push(command);
    if (verb === 'PEXPIRE') lives.add(key);
  }
  return merged;
}

/** Where a key's command stands in the list, and its own copy once there is more to add. */
interface Place {
  at: number;
  copy: Argument[] | null;
}

function add(merged: FencedCommand[], places: Map<string, Place>, command: FencedCommand): void {
  const [, key, ...args] = command;
  const place = places.get(key);
  const begun = place && (place.copy ?? [...(merged[place.at] as FencedCommand)]);
  if (!place || !begun || begun.length + args.length > MOST_ARGUMENTS) {
    places.set(key, { at: merged.push(command) - 1, copy: null });
    return;
  }
  begun.push(...args);
  place.copy = begun;
  merged[place.at] = begun as unknown as FencedCommand;
}

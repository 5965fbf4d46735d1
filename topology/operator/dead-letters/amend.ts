import type { RecordName } from '../../../schemas/codec.ts';
import { uuidV5 } from '../../runtime/event-id.ts';
import { BadInput } from '../bad-input.ts';

export type Json = Record<string, unknown>;

/** The field that is a record's own id. */
export const idFieldOf = (name: RecordName): string => (name === 'OrderCommand' ? 'commandId' : name === 'TimerFired' ? 'timerId' : 'eventId');

/** What an edit must leave as it is: a record of another place in another order would not be this letter's. */
const KEPT = ['orderId', 'version', 'type', 'status', 'causationId'];

/** The record with values set, each given as `path=value`: dots between names, numbers for places in lists. Throws BadInput. */
export function withValues(record: Json, settings: readonly string[]): Json {
  const changed = structuredClone(record);
  for (const setting of settings) {
    const equals = setting.indexOf('=');
    if (equals < 1) throw new BadInput(`${setting} is no setting: give path=value, such as place.currency=EUR`);
    setAt(changed, setting.slice(0, equals).split('.'), valueOf(setting.slice(equals + 1)));
  }
  return changed;
}

/** JSON where it is some, else the text itself. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function setAt(record: Json, path: readonly string[], value: unknown): void {
  let at: unknown = record;
  for (const name of path.slice(0, -1)) at = isContainer(at) && Object.hasOwn(at, name) ? (at as Json)[name] : undefined;
  const last = path.at(-1) as string;
  if (!isContainer(at) || !Object.hasOwn(at, last)) throw new BadInput(`the record has no ${path.join('.')}; \`iaros dlq show\` shows what it has`);
  (at as Json)[last] = value;
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * The edited record under an id of its own, which follows from the letter and the content: the same edit twice is the same record.
 * `before` is null where the letter cannot be decoded. Throws BadInput where it is no longer the same place of the same order.
 */
export function underItsOwnId(letterId: string, name: RecordName, before: Json | null, after: Json): Json {
  if (before && name !== 'OrderCommand') {
    const moved = KEPT.find((field) => field in before && after[field] !== before[field]);
    if (moved) throw new BadInput(`${moved} of an event cannot be edited: it says where the event stands in its order`);
  }
  const id = idFieldOf(name);
  const { [id]: _old, ...content } = after;
  return { ...after, [id]: uuidV5(`${letterId}/${JSON.stringify(content)}`) };
}

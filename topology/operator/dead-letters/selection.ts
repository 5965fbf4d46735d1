import { BadInput } from '../bad-input.ts';
import { sinceOf } from '../since.ts';
import { type DeadLetter, letterNamed, nodesNamed, parseId } from './letter.ts';

/** Which letters a command is about, as the command line gives it. */
export interface Filter {
  node?: string;
  code?: string;
  order?: string;
  since?: string;
  /** Handled ones too. */
  all?: boolean;
}

/** What a filter lets through. Throws BadInput where it names no node or no time. */
export function filterOf({ node, code, order, since, all }: Filter, now: number): (letter: DeadLetter) => boolean {
  const nodes = new Set(nodesNamed(node));
  const from = sinceOf(since, now);
  return (letter) =>
    nodes.has(letter.node) && (all === true || letter.handled === null) && letter.at >= from &&
    (code === undefined || letter.code === code) && (order === undefined || letter.orderId === order);
}

/** Letters by id or by filter: one of the two has to be given. Resolved against `letters`; nodes to read come from `nodesOf`. */
export interface Selection {
  nodes: string[];
  pick: (letters: readonly DeadLetter[]) => DeadLetter[];
}

/** `names`: ids of letters, or one node. Throws BadInput. */
export function selectionOf(names: readonly string[], filter: Filter, now: number): Selection {
  const ids = names.filter((name) => name.includes('/'));
  const [node, ...more] = names.filter((name) => !name.includes('/'));
  if (more.length > 0) throw new BadInput(`name one node, not ${names.join(' and ')}`);
  const chosen = { ...filter, ...(node === undefined ? {} : { node }) };
  const { all: _all, ...narrowing } = chosen;
  const filtered = Object.values(narrowing).some((value) => value !== undefined);
  if (ids.length > 0 && filtered) throw new BadInput('give ids of dead letters or a filter, not both');
  if (ids.length > 0) {
    return { nodes: [...new Set(ids.map((id) => parseId(id).node))], pick: (letters) => [...new Set(ids)].map((id) => letterNamed(letters, id)) };
  }
  if (!filtered) throw new BadInput('say which: ids of dead letters, a node, or --code, --order, --since');
  const matches = filterOf(chosen, now);
  return { nodes: nodesNamed(chosen.node), pick: (letters) => letters.filter(matches) };
}

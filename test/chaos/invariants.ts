import { setTimeout as sleep } from 'node:timers/promises';
import { FINAL, type OrderStatus } from '../../topology/order-states.ts';
import type { Installation } from '../system/installation.ts';
import type { Letter } from './fault.ts';
import type { LetterReader } from './letter-reader.ts';
import type { Placed, WorkloadLoad } from './load.ts';
import type { Stores } from './recovery.ts';

interface Verdict {
  ok: boolean;
  checks: Record<string, { ok: boolean; violations: number; shown: string[] }>;
}

const SHOWN = 5;
const LOOK_EVERY_MS = 500;

export interface AtRest {
  installation: Installation;
  load: WorkloadLoad;
  /** Dead letters that are due beside those of the load's poison. */
  letters: readonly Letter[];
  stores: Stores;
  reader: LetterReader;
  /** How long everything may take to come to rest, ms. */
  patienceMs: number;
  signal: AbortSignal;
  say(line: string): void;
}

/** Every invariant over all that was placed so far in the run: one text a violation. To be called once the load has stopped. */
export async function violations(rest: AtRest): Promise<string[]> {
  const deadline = Date.now() + rest.patienceMs;
  const began = Date.now();
  await untilFinal(rest, deadline);
  const restedAt = Date.now();
  const verdict = await verdictOf(rest, deadline);
  rest.say(`at rest after ${restedAt - began} ms, verified in ${Date.now() - restedAt} ms`);
  return [
    ...brokenIn(verdict).flatMap(([name, check]) => check.shown.slice(0, SHOWN).map((text) => `${name} (${check.violations}): ${text}`)),
    ...accounts(rest.load.placed, await rest.stores.statuses()),
    ...letterFaults({ due: rest.letters, ...(await rest.reader.read(rest.load.poison)) }),
    ...rest.load.complaints.splice(0).slice(0, SHOWN),
  ];
}

const brokenIn = (verdict: Verdict) => Object.entries(verdict.checks).filter(([, check]) => !check.ok);

/** Asks for counts alone: there are many orders, and those that never end are named afterwards. */
async function untilFinal({ load, stores, signal }: AtRest, deadline: number): Promise<void> {
  const acknowledged = [...load.placed.values()].filter(({ acknowledgedAt }) => acknowledgedAt !== null).length;
  while (Date.now() < deadline) {
    const counts = await stores.counts().catch(() => null);
    if (counts && counts.orders >= acknowledged && counts.open === 0 && counts.events === counts.analysed) return;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** Acknowledged orders against those there are. */
export function* accounts(placed: ReadonlyMap<string, Placed>, statuses: ReadonlyMap<string, string>): Iterable<string> {
  for (const { orderId, acknowledgedAt } of placed.values()) {
    const status = statuses.get(orderId);
    if (status === undefined) {
      if (acknowledgedAt !== null) yield `lost: order ${orderId} was acknowledged at ${new Date(acknowledgedAt).toISOString()} and does not exist`;
    } else if (!FINAL.has(status as OrderStatus)) yield `not ended: order ${orderId} stands at ${status}`;
  }
  for (const orderId of statuses.keys()) if (!placed.has(orderId)) yield `invented: nobody placed order ${orderId}`;
}

/** The product's own check, again while work is still under way. */
async function verdictOf({ installation, signal, say }: AtRest, deadline: number): Promise<Verdict> {
  for (;;) {
    const { stdout, stderr } = await installation.iaros('verify');
    if (stdout.startsWith('{')) {
      const verdict = JSON.parse(stdout) as Verdict;
      if (verdict.ok || Date.now() > deadline) return verdict;
      say(`verify looks again: ${brokenIn(verdict).map(([name, { shown }]) => `${name}: ${shown[0]}`).join('; ')}`);
    } else if (Date.now() > deadline) return { ok: false, checks: { verify: { ok: false, violations: 1, shown: [stderr || stdout || 'verify said nothing'] } } };
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

export interface Letters {
  /** Dead letters that are due, each in its topic. */
  due: readonly Letter[];
  /** Where on the commands topic records lie that can only end as dead letters. */
  poisoned: string[];
  /** Node and origin of every dead letter. */
  buried: { node: string; from: string }[];
}

/** Dead letters are those of the poison that was put in, each once. */
export function* letterFaults({ due, poisoned, buried }: Letters): Iterable<string> {
  const left = new Set(poisoned);
  const seen = new Set<string>();
  const named = new Set(due.map(({ node, from }) => `${node} < ${from}`));
  for (const { node, from } of buried) {
    if (named.delete(`${node} < ${from}`)) continue;
    if (seen.has(from)) yield `${from} has more than one dead letter, one in ${node}`;
    else if (!left.delete(from)) yield `${node} holds a dead letter of ${from}, which is no poison`;
    seen.add(from);
  }
  for (const letter of named) yield `the dead letter ${letter} is missing`;
  for (const from of left) yield `the poison at ${from} has no dead letter`;
}

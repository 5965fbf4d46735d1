import { type Codec, type DecodedRecord, Undecodable } from '../../../schemas/codec.ts';
import type { AnyOrderEvent, OrderCommand } from '../../../schemas/types.ts';
import { orderFlow } from '../../order-flow.ts';
import { isTooOld } from '../../runtime/command-window.ts';
import { messageOf } from '../../runtime/errors.ts';
import { type OrderState, StateLost } from '../../runtime/state.ts';
import { BadInput } from '../bad-input.ts';
import { destinationOf } from './destination.ts';
import type { DeadLetter } from './letter.ts';

/** What a letter would meet if it were given to its node again now. */
export interface Prospect {
  /** Topic it would go to; null where there is no way back. */
  topic: string | null;
  decoded: DecodedRecord | null;
  /** runs: the node takes it on; no-op: nothing would change; fails: it would be a dead letter again; barred: cannot be replayed. */
  effect: 'runs' | 'no-op' | 'fails' | 'barred';
  why: string;
}

/** Looks, and changes nothing. */
export async function prospectOf(letter: DeadLetter, { codec, state, now }: { codec: Codec; state: OrderState; now: number }): Promise<Prospect> {
  const { decoded, problem } = await decodedOf(letter.record.value, codec);
  let topic: string;
  try {
    topic = destinationOf(letter);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return { topic: null, decoded, effect: 'barred', why: error.message };
  }
  if (!decoded) return { topic, decoded, effect: 'fails', why: `it cannot be decoded: ${problem}` };
  return { topic, decoded, ...(await effectOf(letter.node, decoded, state, now)) };
}

export async function decodedOf(value: Buffer | null, codec: Codec): Promise<{ decoded: DecodedRecord | null; problem: string }> {
  if (!value) return { decoded: null, problem: 'it has no value' };
  try {
    return { decoded: await codec.decode(value), problem: '' };
  } catch (error) {
    if (error instanceof Undecodable) return { decoded: null, problem: messageOf(error) };
    throw error;
  }
}

async function effectOf(nodeName: string, decoded: DecodedRecord, state: OrderState, now: number): Promise<Pick<Prospect, 'effect' | 'why'>> {
  const node = orderFlow.nodes.find(({ name }) => name === nodeName);
  if (decoded.name === 'AuditEntry') return { effect: 'fails', why: 'no node takes audit entries' };
  const head = await state.read(decoded.record.orderId).then((read) => read.head, (error: unknown) => {
    if (error instanceof StateLost) return undefined;
    throw error;
  });
  if (head === undefined) return { effect: 'runs', why: 'Redis is being rebuilt, so nobody knows where the order stands' };
  const stands = head ? `the order is at version ${head.version} (${head.status})` : 'there is no such order yet';
  if (node?.kind === 'processor') {
    if (!node.on.some((type) => type === decoded.name)) return { effect: 'fails', why: `${node.name} takes ${node.on.join(', ')}, not ${decoded.name}` };
    const { version } = decoded.record as AnyOrderEvent;
    if ((head?.version ?? 0) > version) return { effect: 'no-op', why: `${stands}, past this event's ${version}` };
    return { effect: 'runs', why: stands };
  }
  if (node?.kind !== 'opener') return { effect: 'runs', why: `${stands}; ${nodeName} decides by that` };
  if (head) return { effect: 'no-op', why: stands };
  const refused = decoded.name === 'OrderCommand' && isTooOld(decoded.record as OrderCommand, now);
  return refused ? { effect: 'fails', why: 'the command is too old to start an order' } : { effect: 'runs', why: stands };
}

import type { Context, Current } from '../../processors/processor.ts';
import type { Codec, DecodedRecord } from '../../schemas/codec.ts';
import type { AnyOrderEvent, OrderCommand, TimerFired } from '../../schemas/types.ts';
import type { InterruptNode } from '../define.ts';
import { orderFlow } from '../order-flow.ts';
import { FINAL, type OrderStatus } from '../order-states.ts';
import { parseChangelogKey } from './changelog-keys.ts';
import { keptBytes } from './kept-bytes.ts';
import type { Mark } from './state.ts';

/** The newest event of an order, with its bytes. */
export interface NewestEvent {
  event: AnyOrderEvent;
  bytes: Buffer;
}

export interface EarlyMark {
  mark: Mark;
  /** When its cause was issued, ms. */
  at: number;
}

export type InterruptInput = OrderCommand | TimerFired;

/** Reads the changelog's records in any order and keeps the newest event of every order, and what left a cancel mark on it. */
export class ChangelogFold {
  readonly orders = new Map<string, NewestEvent>();
  /** By key of their records. */
  readonly #cancels = new Map<string, InterruptInput>();
  readonly #codec: Codec;
  records = 0;

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  async add(key: string, value: Buffer | null): Promise<void> {
    this.records += 1;
    if (!value) return;
    const decoded = await this.#codec.decode(value);
    const about = parseChangelogKey(key);
    if (about.kind === 'cancel') this.#cancels.set(key, interruptOf(decoded));
    else this.#keepNewest(decoded.record as AnyOrderEvent, value);
  }

  #keepNewest(event: AnyOrderEvent, bytes: Buffer): void {
    const known = this.orders.get(event.orderId);
    if (!known || known.event.version < event.version) this.orders.set(event.orderId, { event, bytes: keptBytes(bytes) });
  }

  /** Marks that no event has answered yet, by order. */
  async marks(): Promise<Map<string, EarlyMark>> {
    const marks = new Map<string, EarlyMark>();
    for (const [orderId, inputs] of byOrder(this.#cancels)) {
      const mark = await earlyMarkOf(inputs, this.orders.get(orderId)?.event);
      if (mark) marks.set(orderId, mark);
    }
    return marks;
  }
}

export function interruptOf({ name, record }: DecodedRecord): InterruptInput {
  if (name === 'OrderCommand' || name === 'TimerFired') return record as InterruptInput;
  throw new Error(`a ${name} cannot have left a cancel mark`);
}

export const byOrder = (inputs: ReadonlyMap<string, InterruptInput>): Map<string, InterruptInput[]> => Map.groupBy(inputs.values(), ({ orderId }) => orderId);

/** The mark that the first of an order's interrupts leaves, unless the order, as its newest event shows it, has answered them. */
export async function earlyMarkOf(inputs: readonly InterruptInput[], event: AnyOrderEvent | undefined): Promise<EarlyMark | null> {
  for (const input of [...inputs].sort((one, other) => issuedAt(one) - issuedAt(other))) {
    const mark = await markOf(input, event);
    if (mark) return { mark, at: issuedAt(input) };
  }
  return null;
}

/** When it was asked for, ms. */
const issuedAt = (input: InterruptInput): number => ('issuedAt' in input ? input.issuedAt : input.dueAt);

/** Asks the interrupt's own node again: it leaves a mark on an order in flight, unless the order is past it. */
async function markOf(input: InterruptInput, event: AnyOrderEvent | undefined): Promise<Mark | null> {
  if (event && FINAL.has(event.status as OrderStatus)) return null;
  const kind = input.kind;
  const node = orderFlow.nodes.find((one): one is InterruptNode => one.kind === 'interrupt' && one.accepts === kind);
  if (!node) return null;
  const current: Current | null = event
    ? { status: event.status, version: event.version, atRest: false, order: event.order }
    : null;
  // Nodes that leave marks use no port, and settings only for orders that have ended.
  const outcome = await node.run(input, current, { now: issuedAt(input) } as Context);
  if (outcome.kind !== 'mark') return null;
  const causationId = 'commandId' in input ? input.commandId : input.timerId;
  return { causationId, reason: outcome.reason, detail: outcome.detail };
}

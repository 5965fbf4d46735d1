import type { Ports } from '../connectors/ports/index.ts';
import type { AnyOrderEvent, EventType, Order, OrderCommand, TimerFired } from '../schemas/types.ts';
import type { Settings } from './settings.ts';

/** A next event as a processor states it; ids, version, status and times are the runtime's to fill in. */
export interface Draft<Type extends EventType = EventType> {
  type: Type;
  /** The whole order after the event. Never the input object changed in place. */
  order: Order;
}

/**
 * What a processor may know besides its input.
 *
 * The failure contract, once for all processors:
 * - A business "no" is an event: return it.
 * - A passing fault (a server away, a timeout, a 5xx) is thrown as TransientFault: the step runs again with backoff, same input, same keys.
 * - Anything else thrown means that nobody can process this record: it goes to the node's dead-letter topic with the reason.
 * - A step may run more than once for one input. So every outside effect takes a key from `key()` (or the order id) and is idempotent
 *   by it, and everything the result depends on comes from the event, the ports' answers or `now`.
 */
export interface Context extends Ports {
  settings: Settings;
  /** ms since the epoch, UTC. */
  now: number;
  /** Idempotency key for an outside effect of this order: `<orderId>:<effect>`. Equal on every run. */
  key(effect: string): string;
}

/** A function of one event and a context. An undeclared emit does not compile. */
export type Processor<In extends AnyOrderEvent, Out extends EventType> = (
  event: In,
  context: Context,
) => Promise<readonly Draft<Out>[]> | readonly Draft<Out>[];

/** Turns a command that starts an order into its first events. `cancelled`: a cancel command for the order came first. */
export type Opener<Out extends EventType> = (
  command: OrderCommand,
  context: Context & { cancelled: boolean },
) => Promise<readonly Draft<Out>[]> | readonly Draft<Out>[];

/** The order as an interrupt meets it; null when no order of that id is known yet. */
export interface Current {
  status: string;
  version: number;
  /** No processor has work for the order: the interrupt may move it itself. */
  atRest: boolean;
  order: Order;
}

/**
 * What an interrupt does: moves an order at rest by events; leaves a mark that the order's next step turns into a CancelRequested
 * (also before the order exists: it is then refused when it comes); or nothing, because what it asks for comes about anyway (`late`: what
 * it met may yet be lost with the store, so it is kept and holds then as well) or is out of place.
 */
export type Interruption<Out extends EventType> =
  | { kind: 'move'; drafts: readonly Draft<Out>[] }
  | { kind: 'mark'; reason: string; detail: string }
  | { kind: 'late'; why: string }
  | { kind: 'none'; why: string };

/** Handles a command or a timer that meets an order wherever it is in the chain. */
export type Interrupt<Out extends EventType> = (
  input: OrderCommand | TimerFired,
  current: Current | null,
  context: Context,
) => Promise<Interruption<Out>> | Interruption<Out>;

/** Shorthand for the one-event result most processors have. */
export function emit<Type extends EventType>(type: Type, order: Order): readonly [Draft<Type>] {
  return [{ type, order }];
}

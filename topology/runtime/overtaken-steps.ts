import type { AnyOrderEvent } from '../../schemas/types.ts';
import { keptBytes } from './kept-bytes.ts';
import { packEvents } from './packed-events.ts';
import type { FencedCommand } from './rebuild-lock.ts';
import { JOURNAL_TTL_MS, journalKey } from './state-keys.ts';

interface Step {
  orderId: string;
  step: string;
  events: { event: AnyOrderEvent; bytes: Buffer }[];
}

/**
 * The journal as far as the changelog knows it: steps that an interrupt overtook before they were committed. Most were committed a moment
 * later and are never asked for again; the others are answered from here when their input is read once more.
 */
export class OvertakenSteps {
  readonly #steps = new Map<string, Step>();

  /** Takes an event of a step; in any order. */
  add(step: string, event: AnyOrderEvent, bytes: Buffer): void {
    const { orderId } = event;
    const name = `${orderId} ${step}`;
    const known = this.#steps.get(name) ?? { orderId, step, events: [] };
    this.#steps.set(name, known);
    known.events.push({ event, bytes: keptBytes(bytes) });
  }

  /** The writes that put them into the journals, without those that have lapsed at `now`, ms. */
  commands(now: number): FencedCommand[] {
    return [...this.#steps.values()].flatMap(({ orderId, step, events }): FencedCommand[] => {
      const inOrder = events.sort((one, other) => one.event.version - other.event.version);
      const left = Math.max(...events.map(({ event }) => event.occurredAt)) + JOURNAL_TTL_MS - now;
      if (left <= 0) return [];
      const key = journalKey(orderId);
      return [['HSET', key, step, packEvents(inOrder.map(({ bytes }) => bytes))], ['PEXPIRE', key, left]];
    });
  }
}

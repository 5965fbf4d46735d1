import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes under way in one direction beyond which its sender is made to wait. */
const UNDER_WAY_LIMIT = 256 * 1024;

/** How one chunk travels: what is left of it, null for nothing, and how late each is. */
export interface Passage {
  /** ms the chunk arrives later than it was sent. Later chunks never overtake it. */
  delayMs: number;
  /** ms the line is busy with the chunk, before the next can begin. */
  busyMs: number;
}

/** One direction of a connection: chunks leave in the order in which they came, each when it may. */
export class Direction {
  readonly #from: Socket;
  readonly #to: Socket;
  #line: Promise<void> = Promise.resolve();
  #underWay = 0;
  #ended = false;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
  }

  /** Takes a chunk; `open` is awaited before it leaves. */
  carry(chunk: Buffer, { delayMs, busyMs }: Passage, open: () => Promise<void>): void {
    const dueAt = Date.now() + delayMs;
    this.#underWay += chunk.length;
    if (this.#underWay > UNDER_WAY_LIMIT) this.#from.pause();
    this.#then(async () => {
      if (dueAt > Date.now()) await sleep(dueAt - Date.now());
      if (busyMs > 0) await sleep(busyMs);
      await open();
      if (!this.#to.destroyed) this.#to.write(chunk);
      this.#underWay -= chunk.length;
      if (this.#underWay <= UNDER_WAY_LIMIT) this.#from.resume();
    });
  }

  /** The sender has finished: so does the other side, after all that is under way. */
  end(open: () => Promise<void>): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#then(async () => {
      await open();
      this.#to.end();
    });
  }

  #then(step: () => Promise<void>): void {
    this.#line = this.#line.then(step);
  }
}

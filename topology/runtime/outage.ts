import type { Logger } from 'pino';
import { codeOf, messageOf } from './errors.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

const TELL_EVERY_MS = 60_000;

/** A server that is away: one line when it goes, one a minute while it is away, one when it is back; and how long to wait between tries. */
export class Outage {
  readonly #log: Logger;
  #since: number | null = null;
  #toldAt = 0;
  #failures = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** ms to wait before the next try; 0 while nothing has failed. Doubles up to 5 s. */
  get pauseMs(): number {
    return this.#failures === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1));
  }

  failed(error: unknown): void {
    this.#failures += 1;
    const now = Date.now();
    if (this.#since !== null && now - this.#toldAt < TELL_EVERY_MS) return;
    this.#since ??= now;
    this.#toldAt = now;
    // The fault may be another by now than the one that began it.
    this.#log.warn({ seconds: Math.round((now - this.#since) / 1000), reason: messageOf(error), code: codeOf(error) }, 'waiting; nothing is lost, it goes on by itself');
  }

  passed(): void {
    this.#failures = 0;
    if (this.#since === null) return;
    this.#log.info({ seconds: Math.round((Date.now() - this.#since) / 1000) }, 'going on');
    this.#since = null;
  }
}

/** Ends a process that has fallen silent for no reason outside it. */
export interface WatchdogOptions {
  /** Longest time without a sign of life, ms. */
  silenceMs: number;
  /** Whether there is somebody to talk to at all: while there is not, silence means nothing. */
  isReachable(): Promise<boolean>;
  /** Called at most once. */
  onSilence(): void;
}

/** Counts the time since the last sign of life. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #lastSign = performance.now();
  #timer: NodeJS.Timeout | null = null;
  /** Nobody could be reached when it looked last: it looks each time then, and counts anew from when somebody can. */
  #alone = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Looks every so many ms. */
  start(everyMs: number): void {
    this.#timer = setInterval(() => void this.#look(), everyMs);
  }

  sign(): void {
    this.#lastSign = performance.now();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #look(): Promise<void> {
    const { silenceMs, isReachable, onSilence } = this.#options;
    if (!this.#alone && performance.now() - this.#lastSign <= silenceMs) return;
    const lastSign = this.#lastSign;
    const reachable = await isReachable();
    if (!this.#timer || this.#lastSign !== lastSign) return;
    const wasAlone = this.#alone;
    this.#alone = !reachable;
    if (!reachable || wasAlone) return this.sign();
    this.stop();
    onSilence();
  }
}

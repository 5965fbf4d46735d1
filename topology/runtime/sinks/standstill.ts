export interface StandstillOptions {
  lookEveryMs: number;
  /** Told once of each work that has taken so long, ms. */
  tellAfterMs: number;
  tell(what: string, seconds: number): void;
  /** After so long nobody waits for it any more, ms. */
  endAfterMs: number;
  end(what: string, seconds: number): void;
}

interface Work {
  what: string;
  since: number;
  told: boolean;
}

/** Notices work that neither ends nor fails. Whoever waits for an answer that never comes still shows signs of life, and says nothing by itself. */
export class Standstill {
  readonly #options: StandstillOptions;
  readonly #underWay = new Set<Work>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: StandstillOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), this.#options.lookEveryMs);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** As `work` does. */
  async during<T>(what: string, work: Promise<T>): Promise<T> {
    const entry: Work = { what, since: performance.now(), told: false };
    this.#underWay.add(entry);
    try {
      return await work;
    } finally {
      this.#underWay.delete(entry);
    }
  }

  #look(): void {
    const { tellAfterMs, tell, endAfterMs, end } = this.#options;
    for (const work of this.#underWay) {
      const tookMs = performance.now() - work.since;
      if (tookMs >= endAfterMs) return end(work.what, Math.round(tookMs / 1_000));
      if (work.told || tookMs < tellAfterMs) continue;
      work.told = true;
      tell(work.what, Math.round(tookMs / 1_000));
    }
  }
}

export const SYSTEMS = ['payment', 'reservation', 'notification'] as const;
export type SystemName = (typeof SYSTEMS)[number];
export const FAULT_MODES = ['error', 'lost_answer', 'slow', 'down', 'rate_limited'] as const;
export type FaultMode = (typeof FAULT_MODES)[number];

/**
 * A fault asked for on a system:
 * - error: answers 500, nothing happens;
 * - lost_answer: does what was asked, then closes the connection without an answer;
 * - slow: waits `latencyMs`, then does what was asked;
 * - down: closes the connection at once, nothing happens;
 * - rate_limited: answers 429 with `latencyMs` to wait, nothing happens.
 */
export interface Fault {
  system: SystemName;
  mode: FaultMode;
  /** Share of calls it strikes, 0 to 1. */
  rate: number;
  latencyMs: number;
  /** Strikes left before it is over; null for no end. */
  count: number | null;
}

/** A fault to switch on: strikes every call without end unless said otherwise. */
export type FaultSetting = Pick<Fault, 'system' | 'mode'> & Partial<Fault>;

interface ActiveFault extends Fault {
  struck: number;
  random: () => number;
}

/**
 * Faults that are switched on, by system and mode. Which calls are struck follows from the seed and the order of calls alone.
 * Kept in memory: a restart is also a repair.
 */
export class FaultDial {
  readonly #seed: number;
  #active: ActiveFault[] = [];

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Replaces a fault of the same system and mode. */
  set({ system, mode, rate = 1, latencyMs = 0, count = null }: FaultSetting): void {
    this.clear(system, mode);
    const salt = SYSTEMS.indexOf(system) * FAULT_MODES.length + FAULT_MODES.indexOf(mode) + 1;
    const random = generator(this.#seed + salt * 7919);
    this.#active.push({ system, mode, rate, latencyMs, count, struck: 0, random });
  }

  /** Ends all faults, those of a system, or one. */
  clear(system?: SystemName, mode?: FaultMode): void {
    this.#active = this.#active.filter(
      (fault) => (system !== undefined && fault.system !== system) || (mode !== undefined && fault.mode !== mode),
    );
  }

  list(): (Fault & { struck: number })[] {
    return this.#active.map(({ random: _, ...fault }) => ({ ...fault }));
  }

  /** The fault that strikes this call, if any; counts it. */
  strike(system: SystemName): Fault | undefined {
    if (this.#active.length === 0) return undefined;
    const struck = this.#active.find((fault) => fault.system === system && fault.random() < fault.rate);
    if (!struck) return undefined;
    struck.struck += 1;
    if (struck.count !== null && --struck.count === 0) this.clear(struck.system, struck.mode);
    return struck;
  }

  isDown(system: SystemName): boolean {
    return this.#active.some((fault) => fault.system === system && fault.mode === 'down' && fault.rate === 1);
  }
}

/** Park-Miller multiplicative generator: numbers in [0, 1), the same for the same seed. */
function generator(seed: number): () => number {
  const modulus = 2_147_483_647;
  let state = (Math.abs(Math.trunc(seed)) % (modulus - 1)) + 1;
  return () => {
    state = (state * 48_271) % modulus;
    return (state - 1) / (modulus - 1);
  };
}

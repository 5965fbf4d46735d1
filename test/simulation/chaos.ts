import type { Coverage } from './coverage.ts';
import type { Server } from './network.ts';
import type { Random } from './random.ts';
import type { SimulatedProcess } from './simulated-process.ts';

export type Fate = 'served' | 'request_lost' | 'answer_lost';

/** How likely what is, in one run. All 0 in a quiet one. */
export interface ChaosRates {
  /** Of a call losing its request or its answer, by server. */
  loss: Record<Server, number>;
  /** Of a process dying at a call, and at a failpoint. */
  crashAtCall: number;
  crashAtFailpoint: number;
  /** Of a call taking very long. */
  slow: number;
  /** Of the commit of a transaction being held up on its way, while its group shares out anew. */
  heldCommit: number;
  /** Of a timer firing late. */
  lateTimer: number;
}

const LATENCY_MS: Record<Server, readonly [number, number]> = { kafka: [0.2, 3], redis: [0.05, 0.8], company: [2, 30] };
const SLOW_MS: Record<Server, readonly [number, number]> = { kafka: [20, 1_500], redis: [5, 400], company: [300, 7_000] };

const HELD_COMMIT_MS: readonly [number, number] = [20, 6_000];
const STALLED_MS: readonly [number, number] = [20, 4_000];

/** Decides by chance what goes wrong, as long as anything may. */
export class Chaos {
  readonly rates: ChaosRates;
  readonly #random: Random;
  readonly #coverage: Coverage;
  readonly #kill: (process: SimulatedProcess, where: string) => void;
  #atNextTransaction: (() => void) | null = null;
  active = true;

  constructor(options: { rates: ChaosRates; random: Random; coverage: Coverage; kill: (process: SimulatedProcess, where: string) => void }) {
    this.rates = options.rates;
    this.#random = options.random;
    this.#coverage = options.coverage;
    this.#kill = options.kill;
  }

  /** ms a message is under way. */
  latency(server: Server): number {
    const slow = this.active && this.#random.chance(this.rates.slow);
    if (slow) this.#coverage.saw(`slow ${server}`);
    const [low, high] = (slow ? SLOW_MS : LATENCY_MS)[server];
    return this.#random.between(low, high);
  }

  fateOf(server: Server, label: string, hidden: number): Fate {
    if (!this.active || !this.#random.chance(this.rates.loss[server]) || this.#random.chance(hidden)) return 'served';
    const fate = this.#random.chance(0.5) ? 'request_lost' : 'answer_lost';
    this.#coverage.saw(`${fate} ${server}`);
    if (server === 'kafka') this.#coverage.saw(`${fate} ${label.split(' ')[0]}`);
    return fate;
  }

  /** Whether the process dies here, which it then has. */
  crashes(process: SimulatedProcess, where: string): boolean {
    if (!this.active || !this.#random.chance(this.rates.crashAtCall)) return false;
    this.#coverage.saw('crash at a call');
    this.#kill(process, where);
    return true;
  }

  crashesAtFailpoint(process: SimulatedProcess, name: string): boolean {
    if (!this.active || !this.#random.chance(this.rates.crashAtFailpoint)) return false;
    this.#coverage.saw(`crash at ${name}`);
    this.#kill(process, name);
    return true;
  }

  /** ms that a commit stays on its way; 0 for most. */
  commitHeldUp(): number {
    if (!this.active || !this.#random.chance(this.rates.heldCommit)) return 0;
    this.#coverage.saw('commit held up');
    return this.#random.between(...HELD_COMMIT_MS);
  }

  /** Lets something happen just when a transaction has begun and has written nothing yet; it goes on a while later. */
  atNextTransaction(happen: () => void): void {
    this.#atNextTransaction = happen;
  }

  /** ms that a transaction stalls after its beginning; 0 for most. */
  transactionStalled(): number {
    const happen = this.#atNextTransaction;
    if (!this.active || !happen) return 0;
    this.#atNextTransaction = null;
    happen();
    return this.#random.between(...STALLED_MS);
  }

  timerLateness(): number {
    if (!this.active || !this.#random.chance(this.rates.lateTimer)) return 0;
    this.#coverage.saw('late timer');
    return this.#random.between(1, 2_500);
  }
}

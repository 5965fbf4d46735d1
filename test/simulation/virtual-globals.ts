import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import type { Random } from './random.ts';
import type { Scheduled, Scheduler } from './scheduler.ts';

/** What the code under simulation sees of time and chance. */
export interface VirtualSource {
  scheduler: Scheduler;
  /** For ids and tokens; apart from what decides the run, so that one more id changes nothing else. */
  ids: Random;
  /** How much later than asked a timer fires, ms. */
  lateness: () => number;
}

/** Node's own, for what drives the simulation. */
export const realSetImmediate = setImmediate;
export const realNow = performance.now.bind(performance);

let source: VirtualSource | null = null;

const given = (): VirtualSource => {
  if (!source) throw new Error('no simulation is running');
  return source;
};

/** The run whose time and chance count from now on. */
export function simulateWith(next: VirtualSource): void {
  source = next;
}

/** A timer of the virtual clock, with what callers ask of Node's. */
class VirtualTimer {
  #event: Scheduled | null = null;
  readonly #process = given().scheduler.process;

  constructor(delayMs: number, callback: () => void, repeat: boolean) {
    this.#arm(Math.max(1, delayMs || 0), callback, repeat);
  }

  #arm(delayMs: number, callback: () => void, repeat: boolean): void {
    const { scheduler, lateness } = given();
    this.#event = scheduler.after(delayMs + lateness(), this.#process, 'timer', () => {
      if (repeat) this.#arm(delayMs, callback, repeat);
      callback();
    });
  }

  cancel(): void {
    if (this.#event) this.#event.cancelled = true;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}

function sleep<T>(delayMs = 0, value?: T, { signal }: { signal?: AbortSignal } = {}): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  if (signal?.aborted) return Promise.reject(signal.reason);
  const abort = (): void => {
    timer.cancel();
    reject(signal?.reason);
  };
  const timer = new VirtualTimer(delayMs, () => {
    signal?.removeEventListener('abort', abort);
    resolve(value as T);
  }, false);
  signal?.addEventListener('abort', abort);
  return promise;
}

const startTimer = (repeat: boolean) => (callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) =>
  new VirtualTimer(delayMs, () => callback(...args), repeat);
const stopTimer = (timer: unknown): void => {
  if (timer instanceof VirtualTimer) timer.cancel();
};

/**
 * Puts virtual time and seeded chance in the place of Node's, for good: clocks, timers, random ids and bytes. To be called before the
 * code under simulation runs; while it is loaded, time stands at zero.
 */
export function installVirtualGlobals(): void {
  const now = (): number => source?.scheduler.now ?? 0;
  Date.now = () => Math.floor(now());
  performance.now = now;
  const timers = {
    setTimeout: startTimer(false),
    setInterval: startTimer(true),
    setImmediate: (callback: (...args: unknown[]) => void, ...args: unknown[]) => startTimer(false)(callback, 0, ...args),
    clearTimeout: stopTimer,
    clearInterval: stopTimer,
    clearImmediate: stopTimer,
  };
  Object.assign(globalThis, timers);
  Object.assign(timersPromises, { setTimeout: sleep });
  Object.assign(crypto, { randomUUID: () => given().ids.uuid(), randomBytes: (length: number) => given().ids.bytes(length) });
  syncBuiltinESMExports();
}

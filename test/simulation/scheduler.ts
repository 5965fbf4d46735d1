import { EventQueue, type QueuedEvent } from './event-queue.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Trace } from './trace.ts';
import { realSetImmediate } from './virtual-globals.ts';

/** Something due at a virtual time; in a process, which may be paused or gone by then, or outside of all. */
export interface Scheduled extends QueuedEvent {
  process: SimulatedProcess | null;
  label: string;
  run: () => void;
  cancelled: boolean;
}

/** Virtual time. Runs one event after the other, each until nothing is left to do but wait for another event. */
export class Scheduler {
  readonly trace: Trace;
  readonly #queue = new EventQueue<Scheduled>();
  #current: SimulatedProcess | null = null;
  #now: number;
  #sequence = 0;
  events = 0;

  constructor(startAt: number, trace: Trace) {
    this.#now = startAt;
    this.trace = trace;
  }

  /** Virtual ms since the epoch, with fractions. */
  get now(): number {
    return this.#now;
  }

  /** The process whose code is running: of one event, with all that follows from it before the next, and so of one process alone. */
  get process(): SimulatedProcess | null {
    return this.#current;
  }

  /** Runs `run` after `delayMs` in the process. */
  after(delayMs: number, process: SimulatedProcess | null, label: string, run: () => void): Scheduled {
    this.#sequence += 1;
    const event = { time: this.#now + Math.max(0, delayMs), sequence: this.#sequence, process, label, run, cancelled: false };
    this.#queue.push(event);
    return event;
  }

  /** Runs `work` at once as code of the process, up to its first wait. */
  within<T>(process: SimulatedProcess | null, work: () => T): T {
    const outer = this.#current;
    this.#current = process;
    try {
      return work();
    } finally {
      this.#current = outer;
    }
  }

  /** Until nothing is to come, the time is reached, or `done` says so; asked after every event. */
  async runUntil(time: number, done: () => boolean = () => false): Promise<void> {
    for (let next = this.#queue.peek(); next && next.time <= time; next = this.#queue.peek()) {
      this.#queue.pop();
      if (!this.#isDue(next)) continue;
      this.#now = next.time;
      this.events += 1;
      this.trace.event(this.#now, next.process?.name ?? '', next.label);
      this.#current = next.process;
      next.run();
      await new Promise((settled) => realSetImmediate(settled));
      this.#current = null;
      if (done()) return;
    }
    if (this.#now < time) this.#now = time;
  }

  #isDue(event: Scheduled): boolean {
    if (event.cancelled) return false;
    const { process } = event;
    if (!process) return true;
    if (process.dead) return false;
    if (!process.paused) return true;
    process.hold(event);
    return false;
  }

  /** Brings back what came for a process while it was paused, in the same order. */
  resume(events: readonly Scheduled[]): void {
    for (const event of events) {
      this.#sequence += 1;
      event.time = Math.max(event.time, this.#now);
      event.sequence = this.#sequence;
      this.#queue.push(event);
    }
  }
}
